#include "gguf.h"

#include <bit>
#include <cstdint>

#include "eida/core/files.h"

namespace eida {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr uint32_t kGgufVersion = 3, kTypeFloat = 6, kTypeString = 8, kTensorFloat = 0;
constexpr size_t kAlignment = 32;  // where general.alignment says nothing

/// Bytes of the file.
class Bytes {
 public:
  template <typename T>
  void number(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(const std::string& value) {
    number(uint64_t{value.size()});
    out_ += value;
  }
  void append(const at::Tensor& values) {
    out_.append(static_cast<const char*>(values.data_ptr()), values.nbytes());
  }
  void align() { out_.resize(aligned(out_.size())); }
  static size_t aligned(size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }
  const std::string& all() const { return out_; }

 private:
  std::string out_;
};

}  // namespace

void write_gguf(const std::filesystem::path& file, const GgufMetadata& metadata,
                const std::vector<NamedTensor>& tensors) {
  Bytes out;
  for (const char c : {'G', 'G', 'U', 'F'}) out.number(c);
  out.number(kGgufVersion);
  out.number(uint64_t{tensors.size()});
  out.number(uint64_t{metadata.size()});
  for (const auto& [key, value] : metadata) {
    out.text(key);
    if (const auto* text = std::get_if<std::string>(&value)) {
      out.number(kTypeString);
      out.text(*text);
    } else {
      out.number(kTypeFloat);
      out.number(std::get<float>(value));
    }
  }
  std::vector<at::Tensor> values;
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    values.push_back(tensor.detach().to(at::kCPU, at::kFloat).contiguous());
    out.text(name);
    out.number(static_cast<uint32_t>(tensor.dim()));
    for (int64_t dim = tensor.dim(); dim-- > 0;)
      out.number(static_cast<uint64_t>(tensor.size(dim)));
    out.number(kTensorFloat);
    out.number(offset);
    offset += Bytes::aligned(values.back().nbytes());
  }
  out.align();
  for (const at::Tensor& tensor : values) {
    out.append(tensor);
    out.align();
  }
  write_file_atomic(file, out.all());
}

}  // namespace eida
