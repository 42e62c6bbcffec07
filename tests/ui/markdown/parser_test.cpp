#include "ui/markdown/parser.h"

#include <QElapsedTimer>
#include <QtTest>

#include "tests/ui/markdown/documents.h"

using namespace diptych::markdown;

class ParserTest : public QObject {
  Q_OBJECT

 private slots:
  void inline_styles() {
    const QList<Block> blocks = parse("A **b** *c* `d` ~~e~~ [f](https://x.example/?a=1&amp;b) ***g***");
    QCOMPARE(blocks.size(), 1);
    const InlineText& text = blocks[0].text;
    QCOMPARE(text.text, QStringLiteral("A b c d e f g"));
    QCOMPARE(text.spans.size(), 6);
    QCOMPARE(text.spans[0], (Span{2, 1, style_strong, -1}));
    QCOMPARE(text.spans[1], (Span{4, 1, style_emphasis, -1}));
    QCOMPARE(text.spans[2], (Span{6, 1, style_code, -1}));
    QCOMPARE(text.spans[3], (Span{8, 1, style_strike, -1}));
    QCOMPARE(text.spans[4], (Span{10, 1, style_link, 0}));
    QCOMPARE(text.spans[5], (Span{12, 1, style_strong | style_emphasis, -1}));
    QCOMPARE(text.links, QStringList{QStringLiteral("https://x.example/?a=1&b")});
  }

  void nested_lists() {
    const QList<Block> blocks = parse("3. one\n   - two\n\n     three\n4. four\n- [x] done\n- [ ] open\n");
    QCOMPARE(blocks.size(), 6);
    QCOMPARE(blocks[0].containers.size(), 1);
    QCOMPARE(blocks[0].containers[0].marker, QStringLiteral("3."));
    QCOMPARE(blocks[1].containers.size(), 2);
    QVERIFY(!blocks[1].containers[0].first);
    QVERIFY(blocks[1].containers[1].first);
    QVERIFY(!blocks[2].containers[1].first);
    QCOMPARE(blocks[2].text.text, QStringLiteral("three"));
    QCOMPARE(blocks[3].containers[0].marker, QStringLiteral("4."));
    QCOMPARE(blocks[4].containers[0].task, Container::Task::done);
    QCOMPARE(blocks[5].containers[0].task, Container::Task::open);
  }

  void code_headings_rules_quotes() {
    const QList<Block> blocks = parse("## H *i*\n> q\n\n---\n```C++ title=x\nint a;\n\n  b\n```\n");
    QCOMPARE(blocks.size(), 4);
    QCOMPARE(blocks[0].kind, BlockKind::heading);
    QCOMPARE(blocks[0].level, 2);
    QCOMPARE(blocks[0].text.text, QStringLiteral("H i"));
    QCOMPARE(blocks[1].containers.value(0).kind, Container::Kind::quote);
    QCOMPARE(blocks[2].kind, BlockKind::rule);
    QCOMPARE(blocks[3].language, QStringLiteral("c++"));
    QCOMPARE(blocks[3].code, QStringLiteral("int a;\n\n  b"));
  }

  void tables() {
    const QList<Block> blocks = parse("| a | b | c |\n|---|:-:|--:|\n| 1 | **2** | x<br>y |\n| only |\n");
    QCOMPARE(blocks.size(), 1);
    QCOMPARE(blocks[0].alignments, (QList<Qt::Alignment>{Qt::AlignLeft, Qt::AlignHCenter, Qt::AlignRight}));
    QCOMPARE(blocks[0].rows.size(), 3);
    QCOMPARE(blocks[0].rows[1][1].spans.value(0).styles, quint8(style_strong));
    QCOMPARE(blocks[0].rows[1][2].text, QStringLiteral("x") + QChar(QChar::LineSeparator) + QStringLiteral("y"));
    QCOMPARE(blocks[0].rows[2].size(), 3);
  }

  void html_images_and_math_stay_text() {
    QCOMPARE(parse("<script>alert(1)</script>")[0].text.text, QStringLiteral("<script>alert(1)</script>"));
    const Block image = parse("![a cat](https://x.example/cat.png)")[0];
    QCOMPARE(image.text.text, QStringLiteral("a cat"));
    QCOMPARE(image.text.links.value(0), QStringLiteral("https://x.example/cat.png"));
    QCOMPARE(parse("\\(a_1 b_1\\) $c_1 d_1$ \\\\(e)")[0].text.text, QStringLiteral("\\(a_1 b_1\\) $c_1 d_1$ \\(e)"));
    QCOMPARE(parse("&lt;&eacute;&#65;&#x42;&bogus;&#0;")[0].text.text, QString::fromUtf8("<\u00e9AB&bogus;\uFFFD"));
  }

  void empty_items_show_their_marker() {
    const QList<Block> blocks = parse("-\n- a\n");
    QCOMPARE(blocks.size(), 2);
    QCOMPARE(blocks[0].containers.value(0).marker, QStringLiteral("•"));
    QVERIFY(blocks[0].text.text.isEmpty());
  }

  void plain_keeps_what_was_typed() {
    const QList<Block> blocks = parse_plain(u"*.cpp and\n  1. this\n```sh\nls *\n\npwd\n```\nend\n\n");
    QCOMPARE(blocks.size(), 3);
    QCOMPARE(plain_text(blocks[0]), QStringLiteral("*.cpp and\n  1. this"));
    QCOMPARE(blocks[1].language, QStringLiteral("sh"));
    QCOMPARE(blocks[1].code, QStringLiteral("ls *\n\npwd"));
    QCOMPARE(plain_text(blocks[2]), QStringLiteral("end"));
  }

  void hostile_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("quotes") << QByteArray(100000, '>');
    QTest::newRow("spaced quotes") << QByteArray("> ").repeated(50000);
    QTest::newRow("items") << QByteArray("- ").repeated(50000);
    QTest::newRow("numbers") << QByteArray("1. ").repeated(30000);
    QTest::newRow("brackets") << QByteArray(50000, '[');
    QTest::newRow("links") << QByteArray("[a](").repeated(20000);
    QTest::newRow("images") << QByteArray("![").repeated(20000);
    QTest::newRow("stars") << QByteArray("*a ").repeated(20000);
    QTest::newRow("strong") << QByteArray("**a").repeated(20000);
    QTest::newRow("underscores") << QByteArray("a_b ").repeated(20000);
    QTest::newRow("backticks") << QByteArray("`a``b```").repeated(10000);
    QTest::newRow("dollars") << QByteArray("$a ").repeated(30000);
    QTest::newRow("entities") << QByteArray("&amp;&#1;").repeated(10000);
    QTest::newRow("definitions") << QByteArray("[a]: b\n").repeated(10000);
    QTest::newRow("nul") << QByteArray(10000, '\0');
    QTest::newRow("bad utf-8") << QByteArray("\xff\xc3 \xe2\x82").repeated(10000);
    QTest::newRow("lazy") << QByteArray("> ").repeated(90) + QByteArray("a\nb\n").repeated(10000);
    QTest::newRow("stairs") << [] {
      QByteArray text;
      for (int i = 0; i < 300; ++i) text += QByteArray(2 * i, ' ') + "- a\n";
      return text;
    }();
    QTest::newRow("wide table") << QByteArray("|a").repeated(5000) + "\n" + QByteArray("|---").repeated(5000) + "\n" +
                                       QByteArray("|b").repeated(5000) + "\n";
    QTest::newRow("long table") << "|a|b|\n|---|---|\n" + QByteArray("|1|2|\n").repeated(20000);
  }

  void hostile() {
    QFETCH(QByteArray, text);
    QElapsedTimer timer;
    timer.start();
    const QList<Block> blocks = parse(text);
    const qint64 elapsed_ms = timer.elapsed();
    for (const Block& block : blocks) QVERIFY(block.containers.size() <= max_containers);
    qInfo() << QTest::currentDataTag() << text.size() << "bytes," << blocks.size() << "blocks," << elapsed_ms << "ms";
    QVERIFY2(elapsed_ms < 3000, "a hostile text must not block the window");
  }

  void every_sample_has_content() {
    for (const QByteArray& text : sample_documents()) QVERIFY(!parse(text).isEmpty());
  }
};

QTEST_MAIN(ParserTest)
#include "parser_test.moc"
