#include <QAbstractItemView>
#include <QCompleter>
#include <QTextBlock>
#include <QTextLayout>
#include <QtTest>

#include "ui/panels/create/prompt_editor.h"
#include "ui/panels/create/prompt_highlighter.h"
#include "ui/panels/create/prompt_syntax.h"
#include "ui/panels/create/prompt_weight.h"
#include "ui/panels/create/prompt_word.h"
#include "ui/theme/theme.h"

using namespace diptych::create;

namespace {

// "(=bracket :1.3=weight )=bracket"
QString written(const QString& prompt) {
  static const QStringList names{"bracket", "weight",  "schedule", "choice",
                                 "keyword", "adapter", "escape",   "unbalanced"};
  QStringList parts;
  for (const PromptSpan& span : prompt_spans(prompt))
    parts << QStringLiteral("%1=%2").arg(prompt.mid(span.start, span.length), names[static_cast<int>(span.kind)]);
  return parts.join(' ');
}

// The prompt with "|" for both ends of the selection, after Ctrl+Up or Ctrl+Down.
QString weighed(QString prompt, int direction) {
  const qsizetype from = prompt.indexOf('^');
  prompt.remove(from, 1);
  qsizetype to = prompt.indexOf('^');
  if (to < 0)
    to = from;
  else
    prompt.remove(to, 1);
  const PromptEdit edit = change_weight(prompt, from, to, direction);
  if (edit.empty()) return prompt;
  prompt.replace(edit.from, edit.to - edit.from, edit.text);
  prompt.insert(edit.select_to, '^');
  if (edit.select_from != edit.select_to) prompt.insert(edit.select_from, '^');
  return prompt;
}

}  // namespace

class PromptTest : public QObject {
  Q_OBJECT

  std::unique_ptr<diptych::ui::Theme> theme_;

 private slots:
  void initTestCase() { theme_ = std::make_unique<diptych::ui::Theme>(qApp); }

  void a_new_word_is_named_once() {
    using diptych::create::prompt_with_word;
    QCOMPARE(prompt_with_word({}, "<fox>"), QStringLiteral("a photo of <fox>"));
    QCOMPARE(prompt_with_word(" , ", "<fox>"), QStringLiteral("a photo of <fox>"));
    QCOMPARE(prompt_with_word("a <FOX> asleep", "<fox>"), QStringLiteral("a <FOX> asleep"));
    QCOMPARE(prompt_with_word("a castle, night, ", "<fox>"), QStringLiteral("a castle, night, <fox>"));
  }

  void syntax_is_found_data() {
    QTest::addColumn<QString>("prompt");
    QTest::addColumn<QString>("spans");
    QTest::newRow("weight") << "a (red:1.3) cat"
                            << "(=bracket :1.3=weight )=bracket";
    QTest::newRow("plain groups") << "(a) [b]"
                                  << "(=bracket )=bracket [=bracket ]=bracket";
    QTest::newRow("schedule") << "[cat:dog:0.25]"
                              << "[=bracket :=schedule :0.25=schedule ]=bracket";
    QTest::newRow("added later") << "[dog:10]"
                                 << "[=bracket :10=schedule ]=bracket";
    QTest::newRow("alternation") << "[a|b]"
                                 << "[=bracket |=choice ]=bracket";
    QTest::newRow("wildcard") << "{red|blue}"
                              << "{=bracket |=choice }=bracket";
    QTest::newRow("braces alone are text") << "{red}"
                                           << "";
    QTest::newRow("words") << "a AND b BREAK c BRAND"
                           << "AND=keyword BREAK=keyword";
    QTest::newRow("weight of a part") << "a cat:1.2 AND dog"
                                      << ":1.2=weight AND=keyword";
    QTest::newRow("adapter") << "x <lora:paper-cut:0.8> y"
                             << "<lora:paper-cut:0.8>=adapter";
    QTest::newRow("escapes") << "\\(a\\)"
                             << "\\(=escape \\)=escape";
    QTest::newRow("never closed") << "(a"
                                  << "(=unbalanced";
    QTest::newRow("never opened") << "a)"
                                  << ")=unbalanced";
    QTest::newRow("crossed") << "([a)"
                             << "(=bracket [=unbalanced )=bracket";
    QTest::newRow("a colon is text") << "ratio 16:9, (a:b)"
                                     << "(=bracket )=bracket";
    QTest::newRow("nested") << "((a:1.2))"
                            << "(=bracket (=bracket :1.2=weight )=bracket )=bracket";
    QTest::newRow("nothing") << ""
                             << "";
  }
  void syntax_is_found() {
    QFETCH(QString, prompt);
    QFETCH(QString, spans);
    QCOMPARE(written(prompt), spans);
  }

  void weights_change_as_in_a1111_data() {
    QTest::addColumn<QString>("before");
    QTest::addColumn<int>("direction");
    QTest::addColumn<QString>("after");
    QTest::newRow("selection") << "a ^red^ cat" << 1 << "a (^red^:1.1) cat";
    QTest::newRow("again") << "a (^red^:1.1) cat" << 1 << "a (^red^:1.2) cat";
    QTest::newRow("down") << "a ^red^ cat" << -1 << "a (^red^:0.9) cat";
    QTest::newRow("back to nothing") << "a (^red^:1.1) cat" << -1 << "a ^red^ cat";
    QTest::newRow("word at the caret") << "a r^ed cat" << 1 << "a (^red^:1.1) cat";
    QTest::newRow("group at the caret") << "a (red c^at:1.3)" << 1 << "a (^red cat^:1.4)";
    QTest::newRow("group without a number") << "a (r^ed)" << 1 << "a (^red^:1.2)";
    QTest::newRow("brackets selected, too") << "a ^(red:1.2)^" << 1 << "a (^red^:1.3)";
    QTest::newRow("blanks left out") << "a^ red ^cat" << 1 << "a (^red^:1.1) cat";
    QTest::newRow("adapter") << "<lora:pa^per:0.8>" << 1 << "<lora:paper:0.85^>";
    QTest::newRow("adapter without a number") << "<lora:pa^per>" << -1 << "<lora:paper:0.95^>";
    QTest::newRow("nothing there") << "a  ^  b" << 1 << "a    b";
  }
  void weights_change_as_in_a1111() {
    QFETCH(QString, before);
    QFETCH(int, direction);
    QFETCH(QString, after);
    QCOMPARE(weighed(before, direction), after);
  }

  void the_editor_changes_weights_by_keys_and_takes_them_back() {
    PromptEditor editor(2, 6);
    editor.set_text(QStringLiteral("a red cat"));
    QTextCursor cursor = editor.textCursor();
    cursor.setPosition(3);
    editor.setTextCursor(cursor);
    QSignalSpy edited(&editor, &PromptEditor::edited);
    QTest::keyClick(&editor, Qt::Key_Up, Qt::ControlModifier);
    QTest::keyClick(&editor, Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(editor.text(), QStringLiteral("a (red:1.2) cat"));
    QCOMPARE(edited.size(), 2);
    editor.undo();
    QCOMPARE(editor.text(), QStringLiteral("a (red:1.1) cat"));
  }

  void adapters_are_completed() {
    PromptEditor editor(2, 6);
    editor.set_adapters({"lighthouse", "paper-cut"});
    editor.show();
    QVERIFY(QTest::qWaitForWindowActive(&editor));
    editor.setFocus();
    QTest::keyClicks(&editor, QStringLiteral("sea <lora:pap"));
    QVERIFY(editor.completer()->popup()->isVisible());
    QTest::keyClick(editor.completer()->popup(), Qt::Key_Return);
    QCOMPARE(editor.text(), QStringLiteral("sea <lora:paper-cut:1>"));
    QTest::keyClicks(&editor, QStringLiteral(" x"));
    QVERIFY(!editor.completer()->popup()->isVisible());
  }

  void control_enter_generates_and_enter_breaks_the_line() {
    PromptEditor editor(2, 6);
    QSignalSpy asked(&editor, &PromptEditor::generate_requested);
    QTest::keyClicks(&editor, QStringLiteral("a"));
    QTest::keyClick(&editor, Qt::Key_Return);
    QTest::keyClick(&editor, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(asked.size(), 1);
    QCOMPARE(editor.text(), QStringLiteral("a\n"));
  }

  void a_bracket_in_another_line_is_a_partner() {
    PromptEditor editor(2, 6);
    editor.set_text(QStringLiteral("(a\nb"));
    const auto first_line = [&] { return editor.document()->firstBlock().layout()->formats(); };
    const QColor danger = diptych::ui::theme_palette().danger;
    QVERIFY(!first_line().isEmpty() && first_line().first().format.foreground().color() == danger);
    QTest::keyClicks(&editor, QStringLiteral(")"));
    QVERIFY(!first_line().isEmpty() && first_line().first().format.foreground().color() != danger);
  }

  void the_field_grows_to_its_most_lines() {
    PromptEditor editor(2, 4);
    editor.resize(300, 100);
    editor.show();
    const int two = editor.height();
    editor.set_text(QStringLiteral("a\nb\nc"));
    QVERIFY(editor.height() > two);
    const int three = editor.height();
    editor.set_text(QStringLiteral("a\nb\nc\nd\ne\nf\ng"));
    QVERIFY(editor.height() < two + 2 * (three - two) + 4);
  }
};

QTEST_MAIN(PromptTest)
#include "prompt_test.moc"
