/// Reading zip archives (a jar is one) and gzip files.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace eida {

/// One file of a zip archive, stored or deflated. \param archive bytes of the whole archive.
/// \param source its name, for errors. \throws DataError no such entry, damaged archive, wrong
/// checksum, or more than `max_bytes`.
std::string read_zip_entry(std::string_view archive, const std::string& source,
                           const std::string& entry, size_t max_bytes = size_t{64} << 20);

/// Hands over each line of a gzip file without its '\n'. \throws DataError cannot be read, damaged
/// or cut off, or a line above a mebibyte.
void each_gzip_line(const std::filesystem::path& path,
                    const std::function<void(std::string_view line)>& take);

}  // namespace eida
