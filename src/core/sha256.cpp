#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "file_descriptor.h"

namespace eida {
namespace {

std::shared_ptr<void> new_context() { return {EVP_MD_CTX_new(), &EVP_MD_CTX_free}; }

EVP_MD_CTX* context_of(const std::shared_ptr<void>& context) {
  return static_cast<EVP_MD_CTX*>(context.get());
}

void require(bool worked) {
  if (!worked) throw Error(ExitCode::kInternal, "SHA-256 failed in OpenSSL");
}

}  // namespace

Sha256::Sha256() : context_(new_context()) {
  require(context_ != nullptr &&
          EVP_DigestInit_ex(context_of(context_), EVP_sha256(), nullptr) == 1);
}

void Sha256::update(std::string_view bytes) {
  require(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() const {
  const auto copy = new_context();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  require(copy != nullptr && EVP_MD_CTX_copy_ex(context_of(copy), context_of(context_)) == 1 &&
          EVP_DigestFinal_ex(context_of(copy), digest.data(), &length) == 1);
  std::string text;
  for (unsigned i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256_file(const std::filesystem::path& path, uint64_t bytes) {
  uint64_t size = 0;
  const FileDescriptor file = open_for_read(path, size);
  std::vector<char> piece(size_t{1} << 20);
  Sha256 digest;
  while (bytes > 0) {
    const ssize_t n = ::read(file.get(), piece.data(), std::min<uint64_t>(bytes, piece.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(path, "cannot read", errno);
    if (n == 0) break;
    digest.update({piece.data(), static_cast<size_t>(n)});
    bytes -= static_cast<uint64_t>(n);
  }
  return digest.hex();
}

std::string sha256_file(const std::filesystem::path& path) { return sha256_file(path, UINT64_MAX); }

std::string sha256(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

}  // namespace eida
