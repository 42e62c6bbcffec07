// What the window knows of a Markdown text: a flat list of leaf blocks, each with the quotes and list items around it.
// Flat, because a leaf is what is laid out, painted, selected and compared; the containers only indent and mark it.
#pragma once

#include <QList>
#include <QString>
#include <QStringList>

namespace diptych::markdown {

enum Style : quint8 {
  style_strong = 1,
  style_emphasis = 2,
  style_code = 4,
  style_strike = 8,
  style_link = 16,
  style_math = 32,
};

// A styled run of InlineText::text. Runs do not overlap and are in order; plain text has none.
struct Span {
  qsizetype start = 0;
  qsizetype length = 0;
  quint8 styles = 0;  // Style flags
  int link = -1;      // index into InlineText::links, -1: none

  bool operator==(const Span&) const = default;
};

struct InlineText {
  QString text;  // as shown; a line break is QChar::LineSeparator
  QList<Span> spans;
  QStringList links;

  bool operator==(const InlineText&) const = default;
};

// A quote or a list item around a block.
struct Container {
  enum class Kind { quote, item };
  enum class Task { none, open, done };

  Kind kind = Kind::quote;
  bool first = true;  // the block is the first one in it: the marker belongs here
  QString marker;     // "•" or "3."; empty for a quote
  Task task = Task::none;

  bool operator==(const Container&) const = default;
};

enum class BlockKind { paragraph, heading, code, rule, table };

struct Block {
  BlockKind kind = BlockKind::paragraph;
  QList<Container> containers;      // outermost first; at most max_containers
  bool tight = false;               // in a list without blank lines between its items
  int level = 0;                    // of a heading, 1 to 6
  InlineText text;                  // paragraph, heading
  QString language;                 // code: first word of the info string, lower case
  QString code;                     // code: without the final newline
  QList<Qt::Alignment> alignments;  // table: one per column
  QList<QList<InlineText>> rows;    // table: the first row is the header

  bool operator==(const Block&) const = default;
};

// Deeper nesting keeps the outermost max_containers - 1 and the innermost.
inline constexpr qsizetype max_containers = 12;

// What a reader would copy: styles and markers dropped, cells separated by tabs, lines by \n.
QString plain_text(const Block& block);

}  // namespace diptych::markdown
