#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "file_descriptor.h"

namespace eida {
namespace {

/// Digest of the pieces that come until an empty one.
std::string digest_of(const std::function<std::string_view()>& next) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  bool worked = context != nullptr && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  for (std::string_view piece = next(); worked && !piece.empty(); piece = next())
    worked = EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  if (!worked || EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1)
    throw Error(ExitCode::kInternal, "SHA-256 failed in OpenSSL");
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

}  // namespace

std::string sha256_file(const std::filesystem::path& path) {
  uint64_t size = 0;
  const FileDescriptor file = open_for_read(path, size);
  std::vector<char> piece(size_t{1} << 20);
  return digest_of([&]() -> std::string_view {
    ssize_t n = 0;
    do n = ::read(file.get(), piece.data(), piece.size());
    while (n < 0 && errno == EINTR);
    if (n < 0) throw_errno(path, "cannot read", errno);
    return {piece.data(), static_cast<size_t>(n)};
  });
}

std::string sha256(std::string_view bytes) {
  return digest_of([&] { return std::exchange(bytes, {}); });
}

}  // namespace eida
