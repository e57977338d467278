#include "eida/report/tensorboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>

#include "eida/core/error.h"
#include "eida/core/files.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

/// Integer as its bytes, the lowest first.
template <typename Unsigned>
void put_fixed(std::string& out, Unsigned value) {
  for (size_t i = 0; i < sizeof(value); ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

/// Key of a protobuf field: number and wire type.
enum Wire : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
void put_key(std::string& out, unsigned field, Wire wire) { put_varint(out, field << 3U | wire); }

void put_bytes(std::string& out, unsigned field, std::string_view bytes) {
  put_key(out, field, kBytes);
  put_varint(out, bytes.size());
  out += bytes;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Event with wall_time (field 1) and step (2); what it tells comes behind.
std::string event_at(int64_t step) {
  std::string event;
  put_key(event, 1, kFixed64);
  put_fixed(event, std::bit_cast<uint64_t>(seconds_now()));
  put_key(event, 2, kVarint);
  put_varint(event, static_cast<uint64_t>(step));
  return event;
}

/// Checksum as records hold it, so that one over data with checksums in it stays sound.
uint32_t masked_crc(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8U; }

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t remainder = byte;
      for (int bit = 0; bit < 8; ++bit)
        remainder = remainder >> 1U ^ (remainder & 1U ? 0x82f63b78U : 0U);
      table[byte] = remainder;
    }
    return table;
  }();
  uint32_t crc = ~0U;
  for (const char c : bytes) crc = crc >> 8U ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xffU];
  return ~crc;
}

std::string tf_record(std::string_view data) {
  std::string record;
  put_fixed(record, static_cast<uint64_t>(data.size()));
  put_fixed(record, masked_crc(record));
  record += data;
  put_fixed(record, masked_crc(data));
  return record;
}

EventFile::EventFile(const fs::path& folder, int64_t first_step) {
  make_folder(folder);
  const auto there =
      static_cast<size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  path_ = folder / fmt::format("events.out.tfevents.{:010}.{:04}",
                               static_cast<int64_t>(seconds_now()), there);
  stream_.open(path_, std::ios::binary | std::ios::trunc);
  std::string version = event_at(0);
  put_bytes(version, 3, "brain.Event:2");  // file_version: the first record of every file
  append(version);
  if (there == 0) return;
  std::string log, restart = event_at(first_step);
  put_key(log, 1, kVarint);  // status
  put_varint(log, 1);        // START: a reader drops steps from this one on
  put_bytes(restart, 7, log);
  append(restart);
}

/// Event.summary (field 5) with a Summary.Value (1) of tag (1) and simple_value (2) a scalar.
void EventFile::write(int64_t step, const std::vector<Scalar>& scalars) {
  std::string summary, event = event_at(step);
  for (const Scalar& scalar : scalars) {
    std::string value;
    put_bytes(value, 1, scalar.tag);
    put_key(value, 2, kFixed32);
    put_fixed(value, std::bit_cast<uint32_t>(static_cast<float>(scalar.value)));
    put_bytes(summary, 1, value);
  }
  put_bytes(event, 5, summary);
  append(event);
}

void EventFile::append(std::string_view event) {
  stream_ << tf_record(event) << std::flush;
  if (!stream_) throw DataError("{}: cannot be written (hint: is the disk full?)", path_.string());
}

}  // namespace eida
