/// Changes inputs as what they are: a JSON document stays one, a safetensors file keeps a header of
/// the right length and, mostly, data that fit it. Anything else, and every fourth input, changes
/// byte by byte.
#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "support.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using Json = nlohmann::ordered_json;
using Random = std::minstd_rand;

constexpr size_t kHead = 8;  // bytes of a safetensors file before its header

size_t below(Random& random, size_t end) { return end == 0 ? 0 : random() % end; }

/// All values of a document, and all texts: names and strings.
struct Nodes {
  std::vector<Json*> values;
  std::vector<std::string> texts;

  void visit(Json& value) {
    values.push_back(&value);
    if (value.is_string()) texts.push_back(value.get<std::string>());
    if (!value.is_structured()) return;  // what is not has itself among its items
    for (auto& [name, child] : value.items()) {
      if (value.is_object()) texts.push_back(name);
      visit(child);
    }
  }
};

std::string mutate_bytes(std::string text, size_t room) {
  const size_t size = text.size();
  if (size + room == 0) return text;
  text.resize(size + room);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), size, text.size()));
  return text;
}

std::string text_of(const Nodes& nodes, const std::string& text, Random& random) {
  if (!nodes.texts.empty() && random() % 2 == 0)
    return nodes.texts[below(random, nodes.texts.size())];
  return mutate_bytes(text, 16);
}

Json number(const Json& value, Random& random) {
  static const std::vector<Json> kOdd = {0,
                                         1,
                                         -1,
                                         2,
                                         3,
                                         63,
                                         64,
                                         65,
                                         255,
                                         256,
                                         65535,
                                         INT32_MAX,
                                         INT64_MAX,
                                         INT64_MIN,
                                         UINT64_MAX,
                                         uint64_t{1} << 63,
                                         uint64_t{1} << 53,
                                         1e6,
                                         0.5,
                                         1e18,
                                         -1e18,
                                         1e308,
                                         1e-308,
                                         -0.0,
                                         9.3e18,
                                         1.5};
  if (!value.is_number_integer() || random() % 2 == 0) return kOdd[below(random, kOdd.size())];
  const auto bits = value.get<uint64_t>();
  switch (random() % 4) {
    case 0:
      return bits + 1;
    case 1:
      return static_cast<int64_t>(bits - 1);
    case 2:
      return bits * 2;
    default:
      return random() % 16;
  }
}

Json scalar(const Json& value, const Nodes& nodes, Random& random) {
  switch (random() % 8) {
    case 0:
      return nullptr;
    case 1:
      return random() % 2 == 0;
    case 2:
      return random() % 2 == 0 ? Json::array() : Json::object();
    case 3:
      return number(value, random);
    case 4:
      return text_of(nodes, "", random);
    default:
      break;
  }
  if (value.is_string()) return text_of(nodes, value.get<std::string>(), random);
  return value.is_boolean() ? Json(!value.get<bool>()) : number(value, random);
}

/// One change within an object or array.
void change_members(Json& value, const Nodes& nodes, Random& random) {
  const Json other = *nodes.values[below(random, nodes.values.size())];
  const size_t at = below(random, value.size());
  const auto member = [&] { return std::next(value.begin(), static_cast<std::ptrdiff_t>(at)); };
  if (value.is_array()) {
    switch (random() % 4) {
      case 0:
        value.insert(member(), other);
        return;
      case 1:
        value.push_back(value.empty() ? other : Json(value[at]));
        return;
      case 2:
        if (!value.empty()) value.erase(at);
        return;
      default:
        if (!value.empty()) std::swap(value[at], value[below(random, value.size())]);
        return;
    }
  }
  if (value.empty() || random() % 4 == 0) {
    value[text_of(nodes, "", random)] = other;
    return;
  }
  const std::string name = member().key();
  Json moved = member().value();
  if (random() % 3 != 0) value.erase(name);
  if (random() % 3 != 0) value[text_of(nodes, name, random)] = std::move(moved);
}

void mutate_json(Json& document, Random& random) {
  for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
    Nodes nodes;
    nodes.visit(document);
    if (nodes.values.size() > 20000) return;
    Json& value = *nodes.values[below(random, nodes.values.size())];
    if (random() % 6 == 0) {
      value = Json(*nodes.values[below(random, nodes.values.size())]);
    } else if (value.is_structured()) {
      change_members(value, nodes, random);
    } else {
      value = scalar(value, nodes, random);
    }
  }
}

std::string dump(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

uint64_t bits_of(const Json& dtype) {
  const std::string name = dtype.is_string() ? dtype.get<std::string>() : "";
  if (name.find("64") != std::string::npos) return 64;
  if (name.find("32") != std::string::npos) return 32;
  return name.find("16") != std::string::npos ? 16 : 8;
}

/// Gives each tensor the bytes that its type and shape ask for, one behind the other. \return all
uint64_t repair(Json& header, uint64_t most) {
  uint64_t end = 0;
  for (auto& [name, tensor] : header.items()) {
    if (!tensor.is_object() || !tensor.contains("shape") || !tensor["shape"].is_array()) continue;
    uint64_t bytes = bits_of(tensor.value("dtype", Json())) / 8;
    for (const Json& size : tensor["shape"]) {
      const uint64_t factor = size.is_number_unsigned() ? size.get<uint64_t>() : 1;
      bytes = factor != 0 && bytes > most / factor ? most : bytes * factor;
    }
    if (end + bytes > most) continue;
    tensor["data_offsets"] = {end, end + bytes};
    end += bytes;
  }
  return end;
}

uint64_t header_length(std::string_view file) {
  uint64_t length = 0;
  std::memcpy(&length, file.data(), kHead);
  return length;
}

bool is_safetensors(std::string_view file) {
  return file.size() > kHead && header_length(file) <= file.size() - kHead && file[kHead] == '{';
}

/// The file with its header or its data changed; as it was where the header is no JSON.
std::string mutate_safetensors(const std::string& file, size_t room, Random& random) {
  const uint64_t length = header_length(file);
  Json header = Json::parse(file.substr(kHead, length), nullptr, /*allow_exceptions=*/false);
  std::string data = file.substr(kHead + length);
  if (!header.is_object()) return file;
  Json* metadata = header.contains("__metadata__") ? &header["__metadata__"] : nullptr;
  const bool has_state =
      metadata != nullptr && metadata->is_object() && metadata->value("state", Json()).is_string();
  if (random() % 8 == 0) {
    data = mutate_bytes(std::move(data), 0);
  } else if (has_state && random() % 2 == 0) {  // a document within the document
    Json state = Json::parse((*metadata)["state"].get<std::string>(), nullptr, false);
    if (state.is_discarded()) return file;
    mutate_json(state, random);
    (*metadata)["state"] = dump(state);
  } else {
    mutate_json(header, random);
  }
  if (header.is_object() && random() % 8 != 0) data.resize(repair(header, file.size() + room));
  std::string text = dump(header);
  if (random() % 2 == 0) text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t size = text.size();
  std::string out(kHead, '\0');
  std::memcpy(out.data(), &size, kHead);
  return out + text + data;
}

std::string mutate_file(const std::string& file, size_t room, Random& random) {
  if (is_safetensors(file)) return mutate_safetensors(file, room, random);
  Json document = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded() || !document.is_structured()) return mutate_bytes(file, room);
  mutate_json(document, random);
  return dump(document);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned seed) {
  Random random(seed);
  const size_t options = std::min(eida::fuzz::kOptions, size);
  if (size <= options || random() % 4 == 0) return LLVMFuzzerMutate(data, size, max_size);
  if (options > 0 && random() % 16 == 0) {
    data[below(random, options)] = static_cast<uint8_t>(random());
    return size;
  }
  const std::string_view all(reinterpret_cast<const char*>(data) + options, size - options);
  std::vector<std::pair<size_t, size_t>> files;  // begin, end
  for (size_t begin = 0;;) {
    const size_t end = std::min(all.find(eida::fuzz::kBoundary, begin), all.size());
    files.emplace_back(begin, end);
    if (end == all.size()) break;
    begin = end + eida::fuzz::kBoundary.size();
  }
  const auto [begin, end] = files[below(random, files.size())];
  const std::string changed =
      mutate_file(std::string(all.substr(begin, end - begin)), max_size - size, random);
  const std::string out =
      std::string(all.substr(0, begin)) + changed + std::string(all.substr(end));
  const size_t kept = std::min(out.size(), max_size - options);
  std::memcpy(data + options, out.data(), kept);
  return options + kept;
}
