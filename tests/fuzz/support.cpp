#include "support.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "eida/core/files.h"

namespace eida::fuzz {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path =
      (fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
      ("eida-fuzz-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace

const fs::path& folder() {
  static const Folder kFolder;
  return kFolder.path;
}

fs::path write(const char* name, std::string_view bytes) {
  fs::path path = folder() / name;
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  check(file >= 0);
  check(::write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  ::close(file);
  return path;
}

std::string with_own_hash(std::string_view bytes) {
  constexpr std::string_view kKey = "\"sha256\":\"";
  const std::string none(64, '0');
  std::string file(bytes);
  const size_t key = file.find(kKey), digits = key + kKey.size();
  if (key == std::string::npos || file.size() - digits < none.size()) return file;
  file.replace(digits, none.size(), none);
  return file.replace(digits, none.size(), sha256(file));
}

}  // namespace eida::fuzz

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}
