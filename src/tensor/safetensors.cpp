#include "eida/tensor/safetensors.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "eida/core/error.h"

namespace eida {
namespace {

constexpr std::array<std::pair<const char*, at::ScalarType>, 9> kTypes = {{{"F64", at::kDouble},
                                                                           {"F32", at::kFloat},
                                                                           {"F16", at::kHalf},
                                                                           {"BF16", at::kBFloat16},
                                                                           {"I64", at::kLong},
                                                                           {"I32", at::kInt},
                                                                           {"I16", at::kShort},
                                                                           {"U8", at::kByte},
                                                                           {"BOOL", at::kBool}}};

at::ScalarType scalar_type(const SafetensorsEntry& entry, const std::string& file) {
  for (const auto& [name, type] : kTypes) {
    if (entry.dtype == name) return type;
  }
  throw FormatError("{}: tensor '{}': dtype {} is not supported", file, entry.name, entry.dtype);
}

const char* dtype_name(const NamedTensor& named) {
  for (const auto& [name, type] : kTypes) {
    if (named.tensor.scalar_type() == type) return name;
  }
  throw FormatError("tensor '{}': its dtype cannot be written as safetensors", named.name);
}

/// Where the 64 digits of a file's own hash stand; npos: nowhere. Text within a value has its
/// quotation marks escaped and is never found.
size_t find_self_hash(std::string_view file) {
  const std::string key = fmt::format("\"{}\":\"", kSelfHash);
  const size_t found = file.find(key);
  return found == std::string_view::npos ? found : found + key.size();
}

const std::string kNoHash(64, '0');

/// The JSON header, padded to a multiple of 8 bytes.
std::string header_text(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors,
                        std::map<std::string, std::string> metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (metadata.contains(kSelfHash)) metadata[kSelfHash] = kNoHash;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t offset = 0;
  std::set<std::string> names;
  for (const auto& named : tensors) {
    if (named.name == "__metadata__" || !names.insert(named.name).second) {
      throw FormatError("{}: two tensors cannot be called '{}'", path.string(), named.name);
    }
    const uint64_t bytes = named.tensor.nbytes();
    header[named.name] = {{"dtype", dtype_name(named)},
                          {"shape", named.tensor.sizes().vec()},
                          {"data_offsets", {offset, offset + bytes}}};
    offset += bytes;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : file_(std::make_shared<const MappedFile>(path)),
      header_(parse_safetensors_header(file_->view(), path.string())) {}

const SafetensorsEntry* SafetensorsFile::find(const std::string& name) const {
  const auto found = std::ranges::lower_bound(header_.tensors, name, {}, &SafetensorsEntry::name);
  return found == header_.tensors.end() || found->name != name ? nullptr : &*found;
}

void SafetensorsFile::check_self_hash() const {
  const auto said = metadata().find(kSelfHash);
  if (said == metadata().end()) return;
  const std::string_view bytes = file_->view();
  const size_t digits = find_self_hash(bytes);
  Sha256 hash;
  if (said->second.size() == kNoHash.size() && digits != std::string_view::npos &&
      bytes.size() - digits >= kNoHash.size()) {
    hash.update(bytes.substr(0, digits));
    hash.update(kNoHash);
    hash.update(bytes.substr(digits + kNoHash.size()));
    if (hash.hex() == said->second) return;
  }
  throw FormatError(
      "{}: is not as it was written: its bytes have another SHA-256 than its metadata says (hint: "
      "put an intact copy in its place, or make it anew)",
      file_->path().string());
}

at::Tensor SafetensorsFile::tensor(const SafetensorsEntry& entry) const {
  const at::ScalarType type = scalar_type(entry, file_->path().string());
  const std::byte* data = file_->data() + entry.begin;
  if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(type) != 0) {
    at::Tensor copy = at::empty(entry.shape, at::TensorOptions(type));
    if (entry.end > entry.begin)
      std::memcpy(copy.mutable_data_ptr(), data, entry.end - entry.begin);
    return copy;
  }
  // The map is read-only; from_blob has no constant form.
  auto* address = const_cast<std::byte*>(data);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  return at::from_blob(
      address, entry.shape, [file = file_](void*) {}, at::TensorOptions(type));
}

void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata,
                       const TensorSource& source) {
  // The widest dtype first keeps every tensor aligned.
  std::sort(tensors.begin(), tensors.end(), [](const NamedTensor& a, const NamedTensor& b) {
    const auto key = [](const NamedTensor& x) {
      return std::pair(-x.tensor.element_size(), std::string_view(x.name));
    };
    return key(a) < key(b);
  });
  std::string header = header_text(path, tensors, metadata);
  const auto pass_to = [&](const std::function<void(std::string_view)>& take) {
    std::string length(8, '\0');
    for (size_t i = 0; i < 8; ++i)
      length[i] = static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * i));
    take(length);
    take(header);
    for (const auto& named : tensors) {
      at::Tensor dense = named.tensor.detach();
      if (dense.is_meta()) {
        dense = source(named.name);
        if (dense.sizes() != named.tensor.sizes() || dense.dtype() != named.tensor.dtype())
          throw Error(ExitCode::kInternal,
                      path.string() + ": " + named.name + " was announced otherwise");
      }
      dense = dense.cpu().contiguous();
      take({static_cast<const char*>(dense.const_data_ptr()), dense.nbytes()});
    }
  };
  if (metadata.contains(kSelfHash)) {
    Sha256 hash;
    pass_to([&](std::string_view bytes) { hash.update(bytes); });
    header.replace(find_self_hash(header), kNoHash.size(), hash.hex());
  }
  AtomicFile file(path);
  pass_to([&](std::string_view bytes) { file.write(bytes); });
  file.commit();
}

}  // namespace eida
