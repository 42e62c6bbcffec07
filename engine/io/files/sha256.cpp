#include "engine/io/files/sha256.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <new>

#include "engine/io/files/mapped_file.h"

namespace diptych {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (state_->context == nullptr || EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
}
Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
  std::string text;
  for (const unsigned char byte : digest) {
    constexpr const char* digits = "0123456789abcdef";
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

std::string sha256_file(const std::filesystem::path& path, const std::function<void(uint64_t)>& progress,
                        const CancelToken& cancel) {
  constexpr size_t chunk = 8 << 20;
  const auto file = MappedFile::open(path);
  Sha256 hash;
  for (size_t done = 0; done < file->bytes().size();) {
    cancel.throw_if_cancelled();
    const size_t count = std::min(chunk, file->bytes().size() - done);
    hash.update(file->bytes().subspan(done, count));
    file->release(done, count);  // hashing a large file must not look like memory in use
    done += count;
    if (progress) progress(done);
  }
  return hash.finish();
}

}  // namespace diptych
