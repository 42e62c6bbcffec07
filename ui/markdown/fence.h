// Follows fenced code line by line, at the top level of a text.
#pragma once

#include <QByteArray>

namespace diptych::markdown {

class FenceTracker {
 public:
  enum class Line { outside, opens, inside, closes };

  Line next(QByteArrayView line);  // one line without its newline
  bool open() const { return length_ > 0; }
  const QByteArray& info() const { return info_; }  // what stands behind the opening fence
  void reset() { length_ = 0; }

 private:
  char mark_ = 0;
  qsizetype length_ = 0;  // of the opening fence; 0: none is open
  QByteArray info_;
};

}  // namespace diptych::markdown
