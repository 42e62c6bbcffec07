#include "ui/markdown/highlight.h"

#include <QtTest>

using namespace diptych::markdown;

class HighlightTest : public QObject {
  Q_OBJECT

  // "kind:text" for each token
  static QStringList tokens(const char* language, const QStringList& lines) {
    static const QHash<TokenKind, QString> names{
        {TokenKind::keyword, "kw"},  {TokenKind::type, "ty"},     {TokenKind::number, "no"},
        {TokenKind::string, "st"},   {TokenKind::comment, "co"},  {TokenKind::function, "fn"},
        {TokenKind::added, "added"}, {TokenKind::removed, "rem"}, {TokenKind::heading, "head"}};
    QStringList found;
    LexState state = 0;
    const Language* known = find_language(QString::fromLatin1(language));
    if (!known) return {QStringLiteral("unknown")};
    for (const QString& line : lines)
      for (const Token& token : highlight_line(*known, line, state))
        found << names.value(token.kind) + QLatin1Char(':') + line.mid(token.start, token.length);
    return found;
  }

 private slots:
  void python() {
    QCOMPARE(
        tokens("py", {"def f(x):  # note", "    return 'a#b' + 1.5", "s = \"\"\"doc", "def no", "end\"\"\" + g(2)"}),
        (QStringList{"kw:def", "fn:f", "co:# note", "kw:return", "st:'a#b'", "no:1.5", "st:\"\"\"doc", "st:def no",
                     "st:end\"\"\"", "fn:g", "no:2"}));
  }

  void cpp() {
    QCOMPARE(tokens("c++", {"#include <vector>", "int a = 0x1F; /* open", "still */ return \"q\\\"x\"; // end"}),
             (QStringList{"kw:#include", "ty:vector", "ty:int", "no:0x1F", "co:/* open", "co:still */", "kw:return",
                          "st:\"q\\\"x\"", "co:// end"}));
  }

  void json_keys_and_sql_case() {
    QCOMPARE(tokens("json", {"{\"a\": \"b\", \"c\" : true}"}),
             (QStringList{"ty:\"a\"", "st:\"b\"", "ty:\"c\"", "kw:true"}));
    QCOMPARE(tokens("sql", {"SELECT Name FROM t -- all"}), (QStringList{"kw:SELECT", "kw:FROM", "co:-- all"}));
  }

  void shell_markup_diff() {
    QCOMPARE(tokens("bash", {"echo $HOME a#b # c"}), (QStringList{"ty:echo", "ty:$HOME", "co:# c"}));
    QCOMPARE(tokens("html", {"<a href=\"x\">t</a><!-- c", "d -->"}),
             (QStringList{"kw:<a", "ty:href", "st:\"x\"", "kw:>", "kw:</a", "kw:>", "co:<!-- c", "co:d -->"}));
    QCOMPARE(tokens("diff", {"@@ 1", "+a", "-b", " c"}), (QStringList{"head:@@ 1", "added:+a", "rem:-b"}));
  }

  void unterminated_and_unknown() {
    QCOMPARE(tokens("c", {"\"open \\", "x"}), (QStringList{"st:\"open \\"}));
    QCOMPARE(tokens("brainfuck", {"+"}), QStringList{"unknown"});
    QCOMPARE(language_label(u"py"), QStringLiteral("Python"));
    QCOMPARE(language_label(u"zig"), QStringLiteral("zig"));
  }

  // Tokens stay inside the line and in order whatever the text is.
  void tokens_are_well_formed() {
    const QStringList lines{"\"",     "'",  "`", "/*",     "*/",      "\"\"\"", "$",  "${",
                            "#",      "@",  "<", "</",     "<!--",    "-->",    "\\", "\u4e2d\u6587(",
                            "1.2.3e", "  ", "",  "--[[ x", "@media{}"};
    for (const char* name :
         {"c", "cpp", "py", "js", "sh", "sql", "lua", "html", "yaml", "php", "rust", "css", "diff"}) {
      LexState state = 0;
      const Language* language = find_language(QString::fromLatin1(name));
      QVERIFY2(language, name);
      for (const QString& line : lines) {
        int end = 0;
        for (const Token& token : highlight_line(*language, line, state)) {
          QVERIFY(token.start >= end && token.length > 0);
          end = token.start + token.length;
          QVERIFY(end <= line.size());
        }
      }
    }
  }
};

QTEST_MAIN(HighlightTest)
#include "highlight_test.moc"
