// A Markdown text that grows at its end, as an answer does. Only the part that can still change is parsed again.
#pragma once

#include <QByteArray>
#include <QList>

#include "ui/markdown/block.h"
#include "ui/markdown/fence.h"

namespace diptych::markdown {

// At any moment blocks() equals parse(source()). How: a line that follows a blank one and stands at the margin usually
// starts a new block and closes all before it. Where the text cut there parses to the same blocks as the text in one
// piece, no later line can reach back over the cut (CommonMark's block structure is decided line by line), and the
// first part is settled. Link reference definitions are the exception, they act backwards: a text that may hold one
// (or that nests_too_deep()) is parsed whole each time.
class StreamingDocument {
 public:
  void set_source(const QByteArray& utf8);
  void append(QByteArrayView utf8);

  const QByteArray& source() const { return source_; }
  const QList<Block>& blocks() const { return blocks_; }
  qsizetype settled_bytes() const {
    return settled_end_;
  }  // of the source, never parsed again unless a link is defined

 private:
  qsizetype scan_lines();  // reads the complete lines that are new; returns the last place for a cut, or -1

  QByteArray source_;
  QList<Block> blocks_;
  QList<Block> settled_;
  qsizetype settled_end_ = 0;
  qsizetype scanned_ = 0;  // start of the first line that was not complete
  bool after_blank_ = false;
  bool whole_ = false;  // some complete line acts on what stands before it
  FenceTracker fence_;
};

}  // namespace diptych::markdown
