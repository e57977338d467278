/// Numbers in the system's own files.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

namespace eida {

/// The number behind a key, as /proc/meminfo and memory.stat have them; 0 without it.
inline double keyed_number(const std::filesystem::path& file, const std::string& key) {
  std::ifstream stream(file);
  std::string word;
  double number = 0.0;
  while (stream >> word) {
    if (word == key && stream >> number) return number;
  }
  return 0.0;
}

}  // namespace eida
