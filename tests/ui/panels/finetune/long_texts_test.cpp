// Words of other languages are longer: with every text half as long again nothing is cut off on any page.
#include <QCheckBox>
#include <QPushButton>
#include <QTranslator>

#include "tests/ui/panels/finetune/finetune_window.h"
#include "ui/widgets/elided_label.h"

using namespace diptych;
using namespace diptych::finetune;

namespace {

class LongTexts : public QTranslator {
 public:
  QString translate(const char*, const char* text, const char*, int) const override {
    QStringList words = QString::fromUtf8(text).split(QLatin1Char(' '));
    for (QString& word : words)
      if (!word.contains(QLatin1Char('%'))) word += QString((word.size() + 1) / 2, QLatin1Char('n'));
    return words.join(QLatin1Char(' '));
  }
  bool isEmpty() const override { return false; }
};

}  // namespace

class LongTextsTest : public QObject {
  Q_OBJECT

  static QString cut_off(QWidget* window) {
    QStringList found;
    for (QWidget* widget : window->findChildren<QWidget*>()) {
      if (!widget->isVisible()) continue;
      const auto* label = qobject_cast<QLabel*>(widget);
      const bool of_one_line = label && !label->wordWrap() && !label->text().isEmpty() &&
                               !qobject_cast<ui::ElidedLabel*>(widget);  // which says the whole in its tooltip
      const bool button = qobject_cast<QPushButton*>(widget) || qobject_cast<QCheckBox*>(widget);
      if (!of_one_line && !button) continue;
      const QString text = label ? label->text() : qobject_cast<QAbstractButton*>(widget)->text();
      if (text.isEmpty() || widget->width() >= widget->minimumSizeHint().width()) continue;
      found << QStringLiteral("“%1” has %2 of %3 px")
                   .arg(text)
                   .arg(widget->width())
                   .arg(widget->minimumSizeHint().width());
    }
    return found.join(QStringLiteral("; "));
  }
  // Pages scroll up and down, never to the side: what is wider than the page is cut off.
  static QString too_wide(FinetuneWindow& f) {
    QStringList found;
    for (PageFrame* page : f.window.findChildren<PageFrame*>()) {
      const int room = page->viewport()->width();
      if (!page->isVisible() || page->page()->width() <= room) continue;
      found << QStringLiteral("%1: %2 of %3 px").arg(page->accessibleName()).arg(page->page()->width()).arg(room);
      for (QWidget* widget : page->page()->findChildren<QWidget*>())
        if (widget->isVisible() && widget->minimumSizeHint().width() > room / 4)
          found << QStringLiteral("%1 “%2” wants %3")
                       .arg(QLatin1String(widget->metaObject()->className()), widget->objectName())
                       .arg(widget->minimumSizeHint().width());
    }
    return found.join(QStringLiteral("; "));
  }
  void check(FinetuneWindow& f, const char* page) {
    QTest::qWait(100);
    const QString cut = cut_off(&f.window), wide = too_wide(f);
    QVERIFY2(cut.isEmpty(), qPrintable(QString::fromLatin1(page) + ": " + cut));
    QVERIFY2(wide.isEmpty(), qPrintable(QString::fromLatin1(page) + ": " + wide));
    f.shoot(QStringLiteral("long-") + QString::fromLatin1(page) + QString::number(f.window.width()), theme_);
  }

  ui::Theme* theme_ = nullptr;
  LongTexts translator_;

 private slots:
  void initTestCase() {
    theme_ = new ui::Theme(qApp);
    qApp->installTranslator(&translator_);
  }

  void nothing_is_cut_off_data() {
    QTest::addColumn<QSize>("size");
    QTest::newRow("2560") << QSize(2504, 1388);  // beside the rail, above the gauges
    QTest::newRow("1280") << QSize(1224, 748);
    QTest::newRow("1024") << QSize(968, 648);
  }
  void nothing_is_cut_off() {
    QFETCH(QSize, size);
    FinetuneWindow f(
        [](FakeFinetuneService& service) {
          service.examples = {
              FakeFinetuneService::example("ada", "Ada’s tone", "smollm2-135m", api::TrainingKind::text, "tone"),
              FakeFinetuneService::example("style", "Delft style", "tiny-sd", api::TrainingKind::image, "style")};
          service.bases[0].name = "Bartowski-Meta-Llama-3.1-70B-Instruct-abliterated-extended-v2-GGUF";
        },
        {}, size);
    check(f, "empty");
    f.panel->create_new();
    check(f, "base");
    f.choose_base(QStringLiteral("smollm2-135m"));
    check(f, "data-none");
    f.choose_data(
        QStringLiteral("/home/somebody/a folder/with-a-name-that-nobody-would-want-to-read-to-its-end.jsonl"));
    check(f, "data");
    f.next();
    check(f, "goal");
    f.next();
    check(f, "check");
    f.next();
    QVERIFY(f.controller()->shows_run());
    for (int i = 0; i < 12; ++i) f.service.step("r1", i == 9 ? std::optional(3.2) : std::nullopt);
    check(f, "run");
    f.service.finish("r1");
    check(f, "result");
  }

  void nothing_of_a_word_is_cut_off_data() { nothing_is_cut_off_data(); }
  void nothing_of_a_word_is_cut_off() {
    QFETCH(QSize, size);
    FinetuneWindow f(
        [](FakeFinetuneService& service) {
          service.image_report();
          service.bases[1].methods = {"lora", "textual_inversion"};
        },
        {}, size);
    f.choose_base(QStringLiteral("tiny-sd"));
    f.choose_data(QStringLiteral("/data/lantern"));
    f.next();
    f.draft()->choose_goal(QStringLiteral("word"));
    f.controller()->word()->set_word(QStringLiteral("<a-word-of-sixty-letters-that-nobody-would-write-a-second-time>"));
    QTRY_VERIFY(f.controller()->word()->report().has_value());
    check(f, "goal-word");
    f.draft()->change({{"image", {{"caption_prefix", ""}}}});
    QTRY_VERIFY(!f.controller()->word()->is_named());
    check(f, "goal-word-unnamed");
    f.controller()->word()->name_in_captions();
    QTRY_VERIFY(f.controller()->blocked().isEmpty());
    f.next();
    QTRY_VERIFY(f.controller()->blocked().isEmpty());  // planned
    f.next();
    QVERIFY(f.controller()->shows_run());
    f.service.step("r1");
    f.service.finish("r1");
    check(f, "result-word");
  }
};

QTEST_MAIN(LongTextsTest)
#include "long_texts_test.moc"
