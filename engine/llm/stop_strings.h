// Ends an answer where one of its stop strings appears; what might be the beginning of one is held back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diptych {

class StopStrings {
 public:
  explicit StopStrings(std::vector<std::string> stops);

  // The text that is certain to belong to the answer after `text` follows. Once stopped(), nothing comes any more.
  std::string push(std::string_view text);
  // The answer ends otherwise: what was held back.
  std::string finish();

  bool stopped() const { return stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string pending_;
  bool stopped_ = false;
};

}  // namespace diptych
