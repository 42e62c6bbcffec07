#include <QAccessible>
#include <QClipboard>
#include <QComboBox>
#include <QDateTime>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>
#include <QtTest>

#include "tests/ui/panels/chat/panel_window.h"
#include "tests/ui/panels/chat/sample_thread.h"
#include "ui/panels/chat/announcer.h"
#include "ui/panels/chat/composer.h"
#include "ui/panels/chat/export.h"
#include "ui/panels/chat/find_bar.h"
#include "ui/panels/chat/inspector.h"
#include "ui/panels/chat/message_view.h"
#include "ui/panels/chat/model_picker.h"
#include "ui/theme/theme.h"
#include "ui/widgets/wheel_guard.h"

using namespace diptych::chat;

class ChatPanelTest : public QObject {
  Q_OBJECT

  static Conversation sample(const QString& id, const QString& title, int days_ago) {
    Conversation conversation;
    conversation.info = {id, title, QDateTime::currentDateTime().addDays(-days_ago).toMSecsSinceEpoch(), {}};
    conversation.messages = sample_thread();
    conversation.leaf = conversation.messages.last().id;
    return conversation;
  }

  using Fixture = PanelWindow;

  diptych::ui::Theme* theme_ = nullptr;

 private slots:
  void initTestCase() { theme_ = new diptych::ui::Theme(qApp); }

  void enter_sends_shift_enter_breaks() {
    Fixture f;
    f.type("one");
    f.key(Qt::Key_Return, Qt::ShiftModifier);
    f.type("two");
    QCOMPARE(f.edit()->toPlainText(), QStringLiteral("one\ntwo"));
    f.key(Qt::Key_Return);
    QCOMPARE(f.edit()->toPlainText(), QString());
    QCOMPARE(f.thread()->rowCount(), 2);
    QCOMPARE(f.thread()->message(0)->text, QStringLiteral("one\ntwo"));
    QVERIFY(f.controller()->streaming());
  }

  void the_other_way_round_and_control_enter() {
    Fixture f;
    f.panel->set_enter_sends(false);
    f.type("one");
    f.key(Qt::Key_Return);
    QCOMPARE(f.service.log, QStringList());
    f.key(Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(f.service.log.value(0), QStringLiteral("send one\n"));
    f.service.finish(f.conversation());
    f.panel->set_enter_sends(true);
    f.type("two");
    f.key(Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(f.service.log.contains("send two"));
  }

  void the_field_grows_to_eight_lines() {
    Fixture f;
    const int one = f.edit()->height();
    for (int i = 0; i < 3; ++i) f.key(Qt::Key_Return, Qt::ShiftModifier);
    const int four = f.edit()->height();
    QVERIFY(four > 2 * one);
    for (int i = 0; i < 30; ++i) f.key(Qt::Key_Return, Qt::ShiftModifier);
    QCOMPARE(f.edit()->height(), one + (ComposerEdit::most_lines - 1) * f.edit()->fontMetrics().lineSpacing());
  }

  void escape_stops_then_leaves_the_field() {
    Fixture f;
    f.type("q");
    f.key(Qt::Key_Return);
    f.service.grow(f.conversation(), "half an answer");
    f.key(Qt::Key_Escape);
    QVERIFY(f.service.log.contains("stop"));
    QCOMPARE(f.thread()->message(1)->state, MessageState::stopped);
    QVERIFY(!f.controller()->streaming());
    f.key(Qt::Key_Escape);
    QVERIFY(!f.edit()->hasFocus());
    QVERIFY(can_continue(*f.thread()->message(1)));
    f.controller()->continue_answer(f.thread()->message(1)->id);
    f.service.grow(f.conversation(), " and the rest");
    QCOMPARE(f.thread()->message(1)->text, QStringLiteral("half an answer and the rest"));
  }

  void edit_and_regenerate_make_branches() {
    Fixture f;
    f.type("first");
    f.key(Qt::Key_Return);
    f.service.finish(f.conversation());
    const QString answer = f.thread()->message(1)->id;
    f.controller()->regenerate(answer);
    f.service.finish(f.conversation());
    QCOMPARE(f.thread()->tree().position(f.thread()->message(1)->id).count, 2);
    f.controller()->edit(f.thread()->message(0)->id);
    QCOMPARE(f.edit()->toPlainText(), QStringLiteral("first"));
    QVERIFY(f.panel->chat()->composer()->editing());
    f.type(" better");
    f.key(Qt::Key_Return);
    f.service.finish(f.conversation());
    QVERIFY(!f.panel->chat()->composer()->editing());
    QCOMPARE(f.thread()->message(0)->text, QStringLiteral("first better"));
    QCOMPARE(f.thread()->tree().position(f.thread()->message(0)->id).index, 1);
    f.controller()->select_branch(f.thread()->message(0)->id, -1);
    QCOMPARE(f.thread()->message(0)->text, QStringLiteral("first"));
    QTest::qWait(40);
    bool label = false;
    for (QLabel* one : f.window.findChildren<QLabel*>("branchLabel"))
      label = label || (one->isVisible() && one->text() == "1/2");
    QVERIFY(label);
  }

  void cancelling_an_edit_gives_the_draft_back() {
    Fixture f({sample("c", "A", 0)});
    f.controller()->open_conversation("c");
    f.type("my draft");
    f.controller()->edit("m1");
    f.key(Qt::Key_Escape);
    QCOMPARE(f.edit()->toPlainText(), QStringLiteral("my draft"));
  }

  void drafts_belong_to_conversations() {
    Fixture f({sample("c1", "A", 0), sample("c2", "B", 0)});
    f.controller()->open_conversation("c1");
    f.type("draft one");
    f.controller()->open_conversation("c2");
    QCOMPARE(f.service.find("c1")->draft, QStringLiteral("draft one"));
    QCOMPARE(f.edit()->toPlainText(), QString());
    f.controller()->open_conversation("c1");
    QCOMPARE(f.edit()->toPlainText(), QStringLiteral("draft one"));
  }

  void without_a_model_it_says_so_and_keeps_the_text() {
    Fixture f;
    f.service.models = {FakeService::small_model(ModelInfo::State::available)};
    f.service.list_models();
    QCOMPARE(f.child<QLabel>("blockedReason")->text(), QStringLiteral("No model is loaded."));
    f.type("hello");
    f.key(Qt::Key_Return);
    QCOMPARE(f.service.log, QStringList());
    QCOMPARE(f.edit()->toPlainText(), QStringLiteral("hello"));
    QVERIFY(!f.child<QPushButton>("sendButton")->isEnabled());
    f.service.models = {FakeService::small_model(ModelInfo::State::loaded)};
    f.service.list_models();
    QVERIFY(f.child<QPushButton>("sendButton")->isEnabled());
  }

  void a_dead_host_leaves_what_arrived_and_offers_to_continue() {
    Fixture f;
    f.type("q");
    f.key(Qt::Key_Return);
    f.service.grow(f.conversation(), "received before the end");
    f.service.find_message(f.conversation(), f.service.streaming)->text = "received before";  // the journal's state
    f.service.die(f.conversation());
    QCOMPARE(f.thread()->message(1)->state, MessageState::interrupted);
    QVERIFY(!f.child<QLabel>("blockedReason")->text().isEmpty());
    f.service.set_state(HostState::ready);
    QCOMPARE(f.thread()->message(1)->text, QStringLiteral("received before the end"));
    QTest::qWait(40);
    QPushButton* button = nullptr;
    for (QPushButton* one : f.window.findChildren<QPushButton*>())
      if (one->isVisible() && one->text() == "Continue") button = one;
    QVERIFY(button);
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(f.service.log.last().startsWith("continue"));
  }

  void deleting_can_be_undone() {
    Fixture f({sample("c1", "A", 0), sample("c2", "B", 1)});
    f.controller()->open_conversation("c1");
    f.controller()->remove_message("m3");
    QCOMPARE(f.thread()->rowCount(), 2);
    QVERIFY(f.undo->isVisible());
    f.undo->undo();
    QCOMPARE(f.thread()->rowCount(), 4);
    QVERIFY(!f.undo->isVisible());
    f.controller()->remove_conversation("c1");
    QCOMPARE(f.controller()->conversations()->conversations().size(), 1);
    QCOMPARE(f.conversation(), QString());
    f.undo->undo();
    QCOMPARE(f.conversation(), QStringLiteral("c1"));
    QCOMPARE(f.controller()->conversations()->conversations().size(), 2);
  }

  void list_is_grouped_searched_and_renamed() {
    Fixture f({sample("a", "Bread recipe", 0), sample("b", "Qt question", 1), sample("c", "Old bread", 400)});
    auto* list = f.child<QListView>("conversationList");
    QStringList rows;
    for (int i = 0; i < list->model()->rowCount(); ++i) rows << list->model()->index(i, 0).data().toString();
    QCOMPARE(rows.mid(0, 4), (QStringList{"Today", "Bread recipe", "Yesterday", "Qt question"}));
    list->setFocus();
    list->setCurrentIndex(f.controller()->conversations()->index_of("b"));
    QCOMPARE(f.conversation(), QStringLiteral("b"));
    QTest::keyClick(list, Qt::Key_F2);
    auto* editor = list->findChild<QLineEdit*>();
    QVERIFY(editor);
    editor->setText("Renamed");
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_VERIFY(f.service.log.contains("rename b Renamed"));
    f.panel->find();
    for (QLineEdit* field : f.window.findChildren<QLineEdit*>())
      if (field->accessibleName() == "Search conversations") QTest::keyClicks(field, "bread");
    QTRY_COMPARE(f.controller()->conversations()->conversations().size(), 2);
    QCOMPARE(date_group(QDate(2026, 3, 5), QDate(2026, 11, 1)), QStringLiteral("March 2026"));
  }

  void finds_inside_the_conversation() {
    Fixture f({sample("c", "A", 0)});
    f.controller()->open_conversation("c");
    f.panel->find();
    FindBar* bar = f.panel->chat()->find_bar();
    QVERIFY(bar->isVisible() && bar->field()->hasFocus());
    const QString word = f.thread()->message(0)->text.section(' ', 0, 0);
    QTest::keyClicks(bar->field(), word);
    QVERIFY2(bar->status().startsWith("1 of "), qPrintable(bar->status()));
    QCOMPARE(f.panel->chat()->view()->selected_text().toLower(), word.toLower());
    QTest::keyClicks(bar->field(), "§§");
    QCOMPARE(bar->status(), QStringLiteral("No match"));
    QTest::keyClick(bar->field(), Qt::Key_Escape);
    QVERIFY(!bar->isVisible() && f.edit()->hasFocus());
  }

  void settings_apply_at_once_and_the_wheel_changes_nothing() {
    const diptych::ui::WheelGuard guard(qApp);  // as the window has one
    Fixture f({sample("c", "A", 0)});
    f.controller()->open_conversation("c");
    auto* inspector = f.window.findChild<Inspector*>();
    QDoubleSpinBox* temperature = nullptr;
    for (QDoubleSpinBox* spin : inspector->findChildren<QDoubleSpinBox*>())
      if (spin->accessibleName() == "Temperature") temperature = spin;
    QVERIFY(temperature);
    QWheelEvent wheel({5, 5}, temperature->mapToGlobal(QPointF(5, 5)), {0, 120}, {0, 120}, Qt::NoButton, {},
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(temperature, &wheel);
    QCOMPARE(temperature->value(), 0.7);
    temperature->setValue(0.2);
    QCOMPARE(f.service.find("c")->settings.temperature, 0.2);
    auto* preset = inspector->findChild<QComboBox*>("preset");
    QCOMPARE(preset->currentText(), QStringLiteral("Custom"));
    emit preset->activated(1);
    QCOMPARE(f.service.find("c")->settings.temperature, 0.0);
    QCOMPARE(temperature->value(), 0.0);
    QTest::mouseClick(inspector->findChild<QPushButton*>("resetSettings"), Qt::LeftButton);
    QCOMPARE(f.service.find("c")->settings, ChatSettings());
  }

  void settings_survive_json() {
    ChatSettings settings;
    settings.system_prompt = "Be brief";
    settings.temperature = 1.25;
    settings.seed = 42;
    settings.stop = {"\n\n", "END"};
    settings.context_policy = ContextPolicy::summarise;
    QCOMPARE(settings_from_json(to_json(settings)), settings);
    QCOMPARE(settings_from_json({{"temperature", 1e300}, {"top_k", "x"}, {"seed", -5}}).temperature, 5.0);
  }

  void announcements_are_sentences_not_tokens() {
    Fixture f;
    auto* announcer = f.window.findChild<Announcer*>();
    QSignalSpy spy(announcer, &Announcer::announced);
    f.type("q");
    f.key(Qt::Key_Return);
    for (int i = 0; i < 100; ++i) f.service.grow(f.conversation(), "word ");
    f.service.grow(f.conversation(), "end. Next");
    QTRY_COMPARE(spy.size(), 2);
    f.service.finish(f.conversation());
    QCOMPARE(spy.size(), 3);
    QVERIFY(spy[2][0].toString().endsWith("Answer complete"));
  }

  void every_control_has_a_name_and_is_reached_by_keyboard() {
    Fixture f({sample("c", "A", 0)});
    f.controller()->open_conversation("c");
    QTest::qWait(40);
    for (QWidget* widget : f.window.findChildren<QWidget*>()) {
      const bool control = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget) ||
                           qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QPlainTextEdit*>(widget) ||
                           qobject_cast<QAbstractItemView*>(widget) ||
                           (qobject_cast<QLineEdit*>(widget) && !qobject_cast<QAbstractSpinBox*>(widget->parent()));
      if (!control || !widget->isVisible()) continue;
      // The clear button of a line edit and the like belong to Qt and to their parent.
      if (qobject_cast<QLineEdit*>(widget->parent())) continue;
      QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(widget);
      QVERIFY(accessible);
      const QString who = QString::fromLatin1(widget->metaObject()->className()) + " " + widget->objectName();
      QVERIFY2(!accessible->text(QAccessible::Name).isEmpty(), qPrintable(who));
      QVERIFY2(widget->focusPolicy() & Qt::TabFocus || widget->focusPolicy() == Qt::TabFocus, qPrintable(who));
    }
  }

  void export_holds_the_branch() {
    ThreadModel thread;
    thread.load(sample_thread());
    const QString text = to_markdown("Paths", "Be brief\nand kind", thread);
    QVERIFY(text.startsWith("# Paths\n\n> Be brief\n> and kind\n\n## You\n\nHow do I find"));
    QVERIFY(text.contains("## SmolLM2-135M-Instruct\n\nUse **Dijkstra"));
    QCOMPARE(file_name_for("a/b: c?"), QStringLiteral("a-b- c-.md"));
    QTemporaryDir folder;
    QCOMPARE(write_file(folder.filePath("x.md"), text), QString());
    QVERIFY(!write_file(folder.filePath("missing/x.md"), text).isEmpty());
  }

  // For a look at it: writes PNGs when a folder is named.
  void pictures() {
    const QString folder = qEnvironmentVariable("DIPTYCH_SCREENSHOTS");
    if (folder.isEmpty()) QSKIP("DIPTYCH_SCREENSHOTS names no folder");
    for (const bool dark : {false, true}) {
      const QString end = dark ? "_dark.png" : "_light.png";
      theme_->set_choice(dark ? diptych::ui::SchemeChoice::dark : diptych::ui::SchemeChoice::light);
      Fixture f({sample("a", "Shortest path in a weighted graph", 0), sample("b", "Bread with little yeast", 0),
                 sample("c", "A very long title that does not fit into the list of conversations at all", 1),
                 sample("d", "Qt model and view", 5), sample("e", "Letter to the landlord", 50)});
      f.window.grab().save(folder + "/empty" + end);
      f.controller()->open_conversation("a");
      f.type("And what if some weights are negative?");
      QTest::qWait(400);
      QVERIFY(f.window.grab().save(folder + "/panel" + end));
      f.panel->chat()->view()->verticalScrollBar()->setValue(300);
      QTest::qWait(50);
      f.window.grab().save(folder + "/scrolled" + end);
      f.panel->inspector()->hide();
      f.window.resize(968, 640);
      f.service.models = {FakeService::small_model(ModelInfo::State::available)};
      f.service.list_models();
      f.controller()->remove_message("m4");
      QTest::qWait(50);
      f.window.grab().save(folder + "/small" + end);
      f.panel->chat()->picker()->open_popup();
      QTest::qWait(50);
      if (QWidget* popup = QApplication::activePopupWidget()) popup->grab().save(folder + "/models" + end);
    }
  }
};

QTEST_MAIN(ChatPanelTest)
#include "chat_panel_test.moc"
