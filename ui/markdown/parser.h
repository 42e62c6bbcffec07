// Markdown (CommonMark with tables, task lists, strikethrough and bare links) to blocks, through md4c.
#pragma once

#include <QByteArrayView>
#include <QList>

#include "ui/markdown/block.h"

namespace diptych::markdown {

// Raw HTML stays text and images become links: an answer can neither run nor load anything. A newline inside a
// paragraph is a line break, as in every chat. Formulas ($…$, \(…\), \[…\]) are kept as written. Never fails: what
// cannot be parsed (hostile nesting) comes back as one plain paragraph.
QList<Block> parse(QByteArrayView utf8);

// Whether a line opens more containers than any honest text does; parse() then interprets nothing.
bool nests_too_deep(QByteArrayView utf8);

// What a user typed: nothing is interpreted but fenced code.
QList<Block> parse_plain(QStringView text);

}  // namespace diptych::markdown
