#include "ui/markdown/fence.h"

namespace diptych::markdown {

FenceTracker::Line FenceTracker::next(QByteArrayView line) {
  qsizetype begin = 0;
  while (begin < line.size() && begin < 4 && line[begin] == ' ') ++begin;
  const char mark = begin < line.size() && begin < 4 ? line[begin] : '\0';
  qsizetype end = begin;
  while (end < line.size() && line[end] == mark) ++end;
  const bool fence = (mark == '`' || mark == '~') && end - begin >= 3;
  const QByteArray rest = line.sliced(end).toByteArray().trimmed();
  if (open()) {
    if (!fence || mark != mark_ || end - begin < length_ || !rest.isEmpty()) return Line::inside;
    length_ = 0;
    return Line::closes;
  }
  if (!fence || (mark == '`' && rest.contains('`'))) return Line::outside;
  mark_ = mark;
  length_ = end - begin;
  info_ = rest;
  return Line::opens;
}

}  // namespace diptych::markdown
