#include <QElapsedTimer>
#include <QImage>
#include <QtTest>

#include "tests/ui/markdown/documents.h"
#include "ui/markdown/document_layout.h"
#include "ui/markdown/parser.h"
#include "ui/markdown/streaming_document.h"
#include "ui/markdown/table_layout.h"

using namespace diptych::markdown;

class LayoutTest : public QObject {
  Q_OBJECT

  RenderStyle style_;

  QImage render(const DocumentLayout& layout, Range selection = {}) const {
    QImage image(qCeil(layout.width()), qCeil(layout.height()) + 1, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    layout.paint(painter, QRectF(image.rect()), selection);
    return image;
  }

 private slots:
  void initTestCase() {
    style_.body = QFont(QStringLiteral("DejaVu Sans"));
    style_.body.setPixelSize(15);
    style_.mono = QFont(QStringLiteral("DejaVu Sans Mono"));
    style_.mono.setPixelSize(13);
    style_.text = Qt::black;
    style_.secondary = style_.border = style_.comment = Qt::gray;
    style_.selection = QColor(0xCC, 0xDD, 0xFF);
    style_.raised = QColor(0xF3, 0xF3, 0xF0);
    style_.surface = Qt::white;
    style_.accent = style_.keyword = style_.type = style_.function = Qt::blue;
    style_.number = style_.string = style_.added = style_.removed = Qt::darkGreen;
  }

  // A layout that grew with the stream shows the same pixels as one made at once.
  void grown_equals_made_at_once() {
    for (const QByteArray& text : sample_documents()) {
      StreamingDocument document;
      DocumentLayout grown(style_);
      grown.set_width(500);
      for (qsizetype at = 0; at < text.size(); at += 5) {
        document.append(QByteArrayView(text).sliced(at, std::min<qsizetype>(5, text.size() - at)));
        grown.set_blocks(document.blocks());
      }
      DocumentLayout whole(style_);
      whole.set_width(500);
      whole.set_blocks(parse(text));
      QCOMPARE(grown.height(), whole.height());
      QCOMPARE(grown.plain_text(), whole.plain_text());
      QCOMPARE(render(grown), render(whole));
    }
  }

  void positions_round_trip() {
    DocumentLayout layout(style_);
    layout.set_width(400);
    layout.set_blocks(parse("First words\n\n- item\n- two\n\n```c\nint a;\nint b;\n```\n\n|a|b|\n|---|---|\n|c|d|\n"));
    QCOMPARE(layout.plain_text(), QStringLiteral("First words\n\nitem\ntwo\n\nint a;\nint b;\n\na\tb\nc\td"));
    QCOMPARE(layout.position_at({-10, -10}), 0);
    QCOMPARE(layout.position_at({10, layout.height() + 50}), layout.length());
    QCOMPARE(layout.text(layout.word_at(2)), QStringLiteral("First"));
    int last = 0;  // walking down the left edge never goes back
    for (qreal y = 0; y < layout.height(); y += 3) {
      const int position = layout.position_at({30, y});
      QVERIFY(position >= last);
      last = position;
    }
  }

  void selection_is_painted() {
    DocumentLayout layout(style_);
    layout.set_width(300);
    layout.set_blocks(parse("Some words to select\n\n```\ncode\n```"));
    QVERIFY(render(layout) != render(layout, {0, 4}));
    QVERIFY(render(layout, {0, 4}) != render(layout, {0, layout.length()}));
    QCOMPARE(layout.text({5, 10}), QStringLiteral("words"));
  }

  void links_are_found_under_the_mouse() {
    DocumentLayout layout(style_);
    layout.set_width(300);
    layout.set_blocks(parse("[here](https://x.example) not here"));
    QCOMPARE(layout.link_at({10, 12}), QStringLiteral("https://x.example"));
    QCOMPARE(layout.link_at({250, 12}), QString());
    QCOMPARE(layout.links(), QStringList{QStringLiteral("https://x.example")});
  }

  void right_to_left_keeps_to_the_right() {
    DocumentLayout layout(style_);
    layout.set_width(400);
    layout.set_blocks(parse("\xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7"));
    const QImage image = render(layout);
    int leftmost = image.width();
    for (int y = 0; y < image.height(); ++y)
      for (int x = 0; x < image.width(); ++x)
        if (qGray(image.pixel(x, y)) < 128) leftmost = std::min(leftmost, x);
    QVERIFY(leftmost > 300);
  }

  void column_widths() {
    QCOMPARE(share_width({10, 20, 30}, 100), (std::vector<qreal>{10, 20, 30}));
    QCOMPARE(share_width({10, 200, 300}, 110), (std::vector<qreal>{10, 50, 50}));
    QCOMPARE(share_width({}, 10), (std::vector<qreal>{}));
  }

  void huge_and_deep_texts_lay_out_quickly() {
    const QList<QByteArray> texts{
        "|a|b|c|\n|---|---|---|\n" + QByteArray("|1|some words|3|\n").repeated(20000),
        "```cpp\n" + QByteArray("int value = compute(42);  // note\n").repeated(20000) + "```\n",
        QByteArray("> ").repeated(90) + "deep\n\n" + QByteArray("- ").repeated(90) + "items\n",
        QByteArray("word ").repeated(20000)};
    for (const QByteArray& text : texts) {
      QElapsedTimer timer;
      timer.start();
      DocumentLayout layout(style_);
      layout.set_width(760);
      layout.set_blocks(parse(text));
      qInfo() << text.size() << "bytes laid out in" << timer.elapsed() << "ms," << layout.height() << "px";
      QVERIFY(timer.elapsed() < 4000);
      QVERIFY(layout.height() > 0);
    }
  }
};

QTEST_MAIN(LayoutTest)
#include "layout_test.moc"
