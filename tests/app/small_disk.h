// A file system of a given size, mounted over a folder: what is seen when a disk is full. Where a process may not mount
// anything there is none, and the reason is told.
#pragma once

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace diptych::app {

class SmallDisk {
 public:
  SmallDisk(std::filesystem::path folder, int64_t bytes) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    // In a name space of this process and of those that it starts: nobody else sees the file system.
    const std::string size = "size=" + std::to_string(bytes);
    if (unshare(CLONE_NEWNS) != 0 && !become_root_of_own_users()) {
      fail("unshare");
    } else if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      fail("mount /");
    } else if (mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) != 0) {
      fail("mount tmpfs");
    } else {
      mounted_ = true;
    }
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& why_not() const { return why_not_; }
  const std::filesystem::path& folder() const { return folder_; }

  // Takes all that is left; removing the file gives it back.
  void fill(const std::string& name) const {
    std::ofstream file(folder_ / name, std::ios::binary);
    const std::string page(4096, 'x');
    while (file.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
    }
  }
  int files() const {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_)) count += entry.is_regular_file();
    return count;
  }

 private:
  static bool become_root_of_own_users() {
    const std::string map = "0 " + std::to_string(getuid()) + " 1";
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/uid_map") << map;
    return true;
  }
  void fail(const std::string& call) { why_not_ = call + ": " + std::strerror(errno); }

  std::filesystem::path folder_;
  std::string why_not_;
  bool mounted_ = false;
};

}  // namespace diptych::app
