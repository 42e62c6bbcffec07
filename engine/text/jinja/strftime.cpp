// strftime_now(format): the local time, in English whatever the process's locale is.
#include <clocale>
#include <ctime>

#include "engine/text/jinja/arguments.h"
#include "engine/text/jinja/builtins.h"
#include "engine/text/jinja/failure.h"
#include "engine/text/unicode.h"

namespace diptych::jinja {

Value strftime_now(Runtime& runtime, const Value&, Arguments& arguments) {
  const Bound bound("strftime_now", arguments, {"format"}, 1);
  std::string format = bound.text(0, "");
  if (format.size() > 1000 || format.find('\0') != format.npos) fail("strftime_now: the format is too long");
  // Python knows %f (microseconds), C does not. Our clock has whole seconds.
  for (size_t at = format.find('%'); at != format.npos && at + 1 < format.size(); at = format.find('%', at + 2)) {
    if (format[at + 1] == 'f') format.replace(at, 2, "000000");
  }
  static const locale_t english = newlocale(LC_ALL_MASK, "C", nullptr);
  const auto seconds = static_cast<std::time_t>(runtime.now_s);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) fail("strftime_now: the clock is out of range");
  char buffer[8192];
  const std::string marked = format + "x";  // never empty, so that a length of 0 means that it did not fit
  const size_t written = strftime_l(buffer, sizeof buffer, marked.c_str(), &local, english);
  if (written == 0) fail("strftime_now: the result is too long");
  return runtime.text(lossy_utf8({buffer, written - 1}));
}

}  // namespace diptych::jinja
