#include "ui/markdown/streaming_document.h"

#include <cstring>

#include "ui/markdown/parser.h"

namespace diptych::markdown {
namespace {

bool is_blank(QByteArrayView line) {
  return line.trimmed().isEmpty();
}

// May this line begin a link reference definition ("[name]: address"), in whatever container?
bool may_define_link(QByteArrayView line) {
  qsizetype i = 0;
  while (i < line.size() && std::strchr(" \t>*+-.)0123456789", line[i]) && line[i] != '\0') ++i;
  if (i == line.size() || line[i] != '[') return false;
  const QByteArrayView rest = line.sliced(i);
  return rest.contains("]:") || rest.contains("\\]") || !rest.contains(']');
}

bool acts_backwards(QByteArrayView line) {
  return may_define_link(line) || nests_too_deep(line);
}

// At the margin, and not an item: an item may continue a list over a blank line.
bool may_start_block(QByteArrayView line) {
  if (line.isEmpty() || line[0] == ' ' || line[0] == '\t') return false;
  const bool bullet = std::strchr("-+*", line[0]) && (line.size() == 1 || line[1] == ' ' || line[1] == '\t');
  return !bullet && !(line[0] >= '0' && line[0] <= '9');
}

}  // namespace

void StreamingDocument::set_source(const QByteArray& utf8) {
  if (utf8.startsWith(source_) && !source_.isEmpty()) {
    if (utf8.size() > source_.size()) append(QByteArrayView(utf8).sliced(source_.size()));
    return;
  }
  *this = StreamingDocument();
  append(utf8);
}

qsizetype StreamingDocument::scan_lines() {
  qsizetype cut = -1;
  for (qsizetype end; (end = source_.indexOf('\n', scanned_)) >= 0; scanned_ = end + 1) {
    QByteArrayView line = QByteArrayView(source_).sliced(scanned_, end - scanned_);
    if (line.endsWith('\r')) line.chop(1);
    whole_ = whole_ || acts_backwards(line);
    const bool inside = fence_.open();
    fence_.next(line);
    if (!inside && after_blank_ && may_start_block(line) && scanned_ > settled_end_) cut = scanned_;
    after_blank_ = is_blank(line);
  }
  return cut;
}

void StreamingDocument::append(QByteArrayView utf8) {
  if (utf8.isEmpty()) return;
  source_.append(utf8);
  const qsizetype cut = scan_lines();
  const QByteArrayView source(source_);
  // A last line that only looks like a definition so far leaves the settled blocks as they are for the next time.
  if (whole_ || acts_backwards(source.sliced(scanned_))) {
    blocks_ = parse(source);
    return;
  }
  QList<Block> tail = parse(source.sliced(settled_end_));
  if (cut >= 0) {
    const QList<Block> head = parse(source.sliced(settled_end_, cut - settled_end_));
    const QList<Block> rest = parse(source.sliced(cut));
    if (head + rest == tail) {
      settled_ += head;
      settled_end_ = cut;
      tail = rest;
    } else {
      fence_.reset();  // it may have taken a fence inside an item for one at the margin
    }
  }
  blocks_ = settled_ + tail;
}

}  // namespace diptych::markdown
