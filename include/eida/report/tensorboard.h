/// Scalars as TensorBoard reads them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// One number of a step. TensorBoard groups tags by what stands before the slash.
struct Scalar {
  std::string tag;  ///< "train/loss"
  double value = 0.0;
};

/// An event file: records are appended and flushed, so that what is on the disk can be read while a
/// run goes on. Source: TensorFlow's record_writer.cc, event.proto, summary.proto.
class EventFile {
 public:
  /// Opens events.out.tfevents.SECONDS.NUMBER, whose name sorts behind those of the files there.
  /// Readers drop what those hold of steps from `first_step` on: a resumed run makes these steps
  /// again. \throws DataError the folder or the file cannot be made
  EventFile(const std::filesystem::path& folder, int64_t first_step);

  /// \param step of the whole run, from 0. \throws DataError, for example a full disk
  void write(int64_t step, const std::vector<Scalar>& scalars);

  const std::filesystem::path& path() const { return path_; }

 private:
  void append(std::string_view event);

  std::filesystem::path path_;
  std::ofstream stream_;
};

/// CRC-32C (Castagnoli). Source: RFC 3720, appendix B.4.
uint32_t crc32c(std::string_view bytes);

/// Bytes of one TFRecord: length, its masked checksum, the data, its masked checksum.
std::string tf_record(std::string_view data);

}  // namespace eida
