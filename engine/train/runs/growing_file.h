// A file that grows at its end, each piece in one write, so that others can follow it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace diptych::train {

class GrowingFile {
 public:
  // `begin`: what stays of the text that the file has ("" where there is none). Error (io).
  GrowingFile(std::filesystem::path path, const std::function<std::string(const std::string& text)>& begin);
  ~GrowingFile();
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  void append(std::string_view text);  // Error (io)

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  int fd_ = -1;
};

}  // namespace diptych::train
