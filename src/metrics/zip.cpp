#include "zip.h"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "eida/core/error.h"

namespace eida {
namespace {

// Source: APPNOTE.TXT of PKWARE, sections 4.3.7, 4.3.12, 4.3.16.
constexpr uint32_t kEndSignature = 0x06054b50, kCentralSignature = 0x02014b50;
constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr size_t kEndSize = 22, kCentralSize = 46, kLocalSize = 30;

/// Little-endian numbers within checked bounds.
class Bytes {
 public:
  Bytes(std::string_view bytes, const std::string& source) : bytes_(bytes), source_(source) {}
  std::string_view view(size_t offset, size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      throw DataError("{}: zip archive is cut off or damaged", source_);
    }
    return bytes_.substr(offset, size);
  }
  uint32_t number(size_t offset, size_t size) const {
    uint32_t value = 0;
    const std::string_view piece = view(offset, size);
    for (size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(piece[i]);
    return value;
  }
  uint32_t u16(size_t offset) const { return number(offset, 2); }
  uint32_t u32(size_t offset) const { return number(offset, 4); }
  size_t size() const { return bytes_.size(); }

 private:
  std::string_view bytes_;
  const std::string& source_;
};

size_t find_end_record(const Bytes& archive) {
  for (size_t back = kEndSize; back <= archive.size() && back <= kEndSize + 0xFFFF; ++back) {
    if (archive.u32(archive.size() - back) == kEndSignature) return archive.size() - back;
  }
  archive.view(archive.size(), 1);  // throws
  return 0;
}

/// Offset of the entry's record in the central directory, or npos.
size_t find_entry(const Bytes& archive, const std::string& name) {
  const size_t end = find_end_record(archive);
  const size_t entries = archive.u16(end + 10);
  size_t at = archive.u32(end + 16);
  for (size_t i = 0; i < entries; ++i) {
    if (archive.u32(at) != kCentralSignature) break;
    const size_t name_size = archive.u16(at + 28);
    if (archive.view(at + kCentralSize, name_size) == name) return at;
    at += kCentralSize + name_size + archive.u16(at + 30) + archive.u16(at + 32);
  }
  return std::string::npos;
}

/// Inflates a raw deflate stream whose length is known. \return whether all of it came out
bool inflate_raw(std::string_view packed, std::string& out) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return false;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = inflate(&stream, Z_FINISH);
  const bool whole = status == Z_STREAM_END && stream.avail_out == 0;
  inflateEnd(&stream);
  return whole;
}

}  // namespace

std::string read_zip_entry(std::string_view archive, const std::string& source,
                           const std::string& entry, size_t max_bytes) {
  const Bytes bytes(archive, source);
  const size_t at = find_entry(bytes, entry);
  if (at == std::string::npos) throw DataError("{}: has no entry '{}'", source, entry);
  const uint32_t method = bytes.u16(at + 10), checksum = bytes.u32(at + 16);
  const size_t packed_size = bytes.u32(at + 20), size = bytes.u32(at + 24);
  const size_t local = bytes.u32(at + 42);
  if (size > max_bytes) {
    throw DataError("{}: entry '{}' has {} bytes, more than the limit of {}", source, entry, size,
                    max_bytes);
  }
  const bool local_header = bytes.u32(local) == kLocalSignature;
  const size_t begin = local + kLocalSize + bytes.u16(local + 26) + bytes.u16(local + 28);
  const std::string_view packed = bytes.view(begin, packed_size);
  std::string out(size, '\0');
  const bool stored = method == 0 && packed_size == size;
  if (stored) out = packed;
  const bool whole = local_header && (stored || (method == Z_DEFLATED && inflate_raw(packed, out)));
  const uLong got = crc32(0, reinterpret_cast<const Bytef*>(out.data()), static_cast<uInt>(size));
  if (!whole || got != checksum) throw DataError("{}: entry '{}' is damaged", source, entry);
  return out;
}

void each_gzip_line(const std::filesystem::path& path,
                    const std::function<void(std::string_view line)>& take) {
  constexpr size_t kBlock = size_t{1} << 20;
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) throw DataError("{}: cannot open", path.string());
  gzbuffer(file.get(), 1 << 18);
  std::vector<char> block(2 * kBlock);
  size_t kept = 0;  // bytes of an unfinished line at the start of the block
  for (;;) {
    const int got = gzread(file.get(), block.data() + kept, static_cast<unsigned>(kBlock));
    int status = Z_OK;
    if (got < 0) throw DataError("{}: {}", path.string(), gzerror(file.get(), &status));
    std::string_view rest(block.data(), kept + static_cast<size_t>(got));
    for (size_t end; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1)) {
      take(rest.substr(0, end));
    }
    if (got == 0) {
      gzerror(file.get(), &status);
      if (status != Z_OK) throw DataError("{}: gzip file is cut off", path.string());
      if (!rest.empty()) take(rest);
      return;
    }
    if (rest.size() > kBlock) throw DataError("{}: a line has more than 1 MiB", path.string());
    kept = rest.size();
    std::copy(rest.begin(), rest.end(), block.begin());
  }
}

}  // namespace eida
