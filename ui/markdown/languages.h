// The table behind highlight.h.
#pragma once

#include <QSet>
#include <QStringList>

namespace diptych::markdown {

struct Language {
  enum class Kind { code, markup, diff };

  QString label;
  QStringList names;  // as written in info strings
  Kind kind = Kind::code;
  QSet<QString> keywords;
  QSet<QString> types;
  QStringList line_comments;
  QString comment_open, comment_close;
  QStringList long_strings;  // same mark at both ends, may span lines: """ or `
  QString quotes;            // characters that delimit a string within a line
  bool ignore_case = false;
  bool keys = false;     // a string or word before ':' or '=' is a key (JSON, YAML, TOML)
  bool dollars = false;  // $name is a variable
};

const QList<Language>& languages();

}  // namespace diptych::markdown
