#include "engine/io/formats/zip_member.h"

#include <zip.h>

#include <memory>
#include <vector>

#include "engine/core/error.h"

namespace diptych {

void read_zip_member(const std::filesystem::path& archive, const std::string& member, uint64_t limit_bytes,
                     const std::function<void(std::span<const std::byte>)>& sink, const CancelToken& cancel) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorCategory::invalid_file, "cannot unpack", archive.string(), why,
                "download it again or use another source");
  };
  int code = 0;
  const std::unique_ptr<zip_t, decltype(&zip_discard)> zip(zip_open(archive.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code),
                                                           &zip_discard);
  if (!zip) fail("it is no valid zip archive");
  zip_stat_t status;
  zip_stat_init(&status);
  if (zip_stat(zip.get(), member.c_str(), 0, &status) != 0) fail("it holds no " + member);
  if ((status.valid & ZIP_STAT_SIZE) == 0 || (status.valid & ZIP_STAT_COMP_METHOD) == 0) fail(member + " has no size");
  if (status.comp_method != ZIP_CM_STORE && status.comp_method != ZIP_CM_DEFLATE)
    fail(member + " is compressed in another way than deflate");
  if ((status.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && status.encryption_method != ZIP_EM_NONE)
    fail(member + " is encrypted");
  if (status.size > limit_bytes)
    fail(member + " has " + std::to_string(status.size) + " bytes, " + std::to_string(limit_bytes) + " were expected");
  const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> file(zip_fopen_index(zip.get(), status.index, 0),
                                                                &zip_fclose);
  if (!file) fail(member + " cannot be read");
  std::vector<std::byte> buffer(1 << 20);
  for (uint64_t done = 0;;) {
    cancel.throw_if_cancelled();
    const zip_int64_t count = zip_fread(file.get(), buffer.data(), buffer.size());
    if (count < 0) fail(member + " is damaged");
    if (count == 0) {
      if (done != status.size) fail(member + " ends too early");
      return;
    }
    done += static_cast<uint64_t>(count);
    if (done > status.size) fail(member + " is larger than it says");
    sink({buffer.data(), static_cast<size_t>(count)});
  }
}

}  // namespace diptych
