#include "ui/panels/chat/message_view.h"

#include <QAccessible>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>

#include "tests/ui/panels/chat/sample_thread.h"
#include "ui/theme/contrast.h"

using namespace diptych::chat;

class MessageViewTest : public QObject {
  Q_OBJECT

  static QList<Message> long_thread(int count) {
    QList<Message> messages;
    for (int i = 0; i < count; ++i) {
      Message message;
      message.id = QStringLiteral("m%1").arg(i);
      message.parent = i == 0 ? QString() : messages.last().id;
      message.role = i % 2 == 0 ? Role::user : Role::assistant;
      message.text = QStringLiteral("Message number %1. ").arg(i).repeated(5 + i % 17);
      messages << message;
    }
    return messages;
  }

  struct Fixture {
    explicit Fixture(const QList<Message>& messages, QSize size = {900, 600}) {
      view.set_model(&model);
      view.set_style(make_chat_style());
      view.resize(size);
      view.show();
      model.load(messages);
      settle();
    }
    void settle() { QTest::qWait(60); }
    void append(const QString& id, const QString& text) {
      model.update(id, [&](Message& message) { message.text += text; });
    }
    QScrollBar* bar() { return view.verticalScrollBar(); }
    QPushButton* end_button() { return view.findChild<QPushButton*>("jumpToEnd"); }

    ThreadModel model;
    MessageView view;
  };

 private slots:
  void finds_words_and_shows_them() {
    Fixture f(long_thread(60));
    QCOMPARE(f.view.find("NUMBER 7."), 5 + 7);  // however it is written
    QCOMPARE(f.view.find("no such words"), 0);
    f.append("m3", QStringLiteral("\n\nIt is **very** important"));
    f.settle();
    QCOMPARE(f.view.find("very important"), 1);
    f.view.show_match(0);
    f.settle();
    QCOMPARE(f.view.selected_text(), QStringLiteral("very important"));
    const QRect seen = f.view.message_rect(3);
    QVERIFY(seen.bottom() > 0 && seen.bottom() - 60 < f.view.viewport()->height());
    QVERIFY(!f.view.at_end());
    f.view.clear_matches();
    QVERIFY(f.view.selected_text().isEmpty());
  }

  void opens_at_the_end_and_follows_it() {
    Fixture f(long_thread(40));
    QVERIFY(f.view.at_end());
    QCOMPARE(f.bar()->value(), f.bar()->maximum());
    const int before = f.bar()->maximum();
    f.append("m39", QStringLiteral("\n\nmore text").repeated(20));
    f.settle();
    QVERIFY(f.bar()->maximum() > before);
    QCOMPARE(f.bar()->value(), f.bar()->maximum());
    QVERIFY(!f.end_button()->isVisible());
  }

  void never_moves_what_is_read() {
    Fixture f(long_thread(40));
    f.bar()->setValue(f.bar()->maximum() - 700);
    f.settle();
    QVERIFY(!f.view.at_end());
    QVERIFY(f.end_button()->isVisible());
    const int row = f.view.first_visible_row() + 1;
    const QRect seen = f.view.message_rect(row);
    for (int i = 0; i < 30; ++i) f.append("m39", QStringLiteral("\n\nmore text that streams in"));
    f.settle();
    QCOMPARE(f.view.message_rect(row), seen);
    QTest::mouseClick(f.end_button(), Qt::LeftButton);
    f.settle();
    QVERIFY(f.view.at_end());
    QCOMPARE(f.bar()->value(), f.bar()->maximum());
    f.append("m39", QStringLiteral("\n\nand more"));
    f.settle();
    QCOMPARE(f.bar()->value(), f.bar()->maximum());
  }

  // Estimated heights above are replaced by real ones on the way up; what is on screen must not jump.
  void scrolling_up_is_smooth() {
    Fixture f(long_thread(300));
    for (int i = 0; i < 60; ++i) {
      const int row = f.view.first_visible_row() + 1;
      const int top = f.view.message_rect(row).top();
      f.bar()->triggerAction(QScrollBar::SliderPageStepSub);
      const int moved = f.view.message_rect(row).top() - top;
      QVERIFY2(moved >= 0 && moved <= f.view.viewport()->height() + 1, qPrintable(QString::number(moved)));
      QTest::qWait(20);
    }
  }

  void only_what_is_near_is_laid_out() {
    Fixture f(long_thread(2000));
    int laid_out = 0;
    for (int i = 0; i < 2000; ++i) laid_out += f.view.item(i)->laid_out() ? 1 : 0;
    QVERIFY(laid_out > 0);
    QVERIFY2(laid_out < 100, qPrintable(QString::number(laid_out)));
    f.bar()->setValue(0);
    f.settle();
    QVERIFY(f.view.item(0)->laid_out());
  }

  void narrow_column_and_resize() {
    Fixture f(sample_thread(), {420, 500});
    QVERIFY(f.view.message_rect(1).width() <= 420);
    f.view.resize(1600, 900);
    f.settle();
    QCOMPARE(f.view.message_rect(1).width(), text_column_width);
    QCOMPARE(f.view.message_rect(1).left(), (f.view.viewport()->width() - text_column_width) / 2);
  }

  // 4.5:1 for every colour that text can have, on the grounds it stands on.
  void code_is_readable() {
    for (const bool dark : {false, true}) {
      QApplication::setPalette(
          diptych::ui::to_qpalette(dark ? diptych::ui::dark_palette() : diptych::ui::light_palette()));
      const ChatStyle style = make_chat_style();
      using diptych::markdown::TokenKind;
      for (int kind = 0; kind <= static_cast<int>(TokenKind::heading); ++kind)
        QVERIFY2(
            diptych::ui::contrast_ratio(style.answer.token(static_cast<TokenKind>(kind)), style.answer.raised) >= 4.5,
            qPrintable(QStringLiteral("token %1 %2 on %3, dark %4")
                           .arg(kind)
                           .arg(style.answer.token(static_cast<TokenKind>(kind)).name(), style.answer.raised.name())
                           .arg(dark)));
      QVERIFY(diptych::ui::contrast_ratio(style.thinking.text, style.palette.background) >= 4.5);
      QVERIFY(diptych::ui::contrast_ratio(style.answer.text, style.answer.selection) >= 4.5);
    }
    QApplication::setPalette(diptych::ui::to_qpalette(diptych::ui::light_palette()));
  }

  void opening_thoughts_keeps_the_header_in_place() {
    Fixture f(sample_thread());
    f.bar()->setValue(0);
    f.settle();
    auto headers = f.view.findChildren<QToolButton*>("thinkingHeader");
    QToolButton* header = nullptr;
    for (QToolButton* button : headers) header = button->isVisible() ? button : header;
    QVERIFY(header);
    QCOMPARE(header->text(), QStringLiteral("Thought for 3.24 s"));
    const QPoint at = header->pos();
    const int height = f.view.item(1)->height();
    QTest::mouseClick(header, Qt::LeftButton);
    f.settle();
    QVERIFY(f.view.item(1)->height() > height);
    QCOMPARE(header->pos(), at);
  }

  void text_is_selected_by_mouse_and_keys() {
    Fixture f(sample_thread());
    f.bar()->setValue(0);
    f.settle();
    const QRect rect = f.view.message_rect(1);
    QSignalSpy copied(&f.view, &MessageView::copy_text);
    QWidget* viewport = f.view.viewport();
    const QPoint start = rect.topLeft() + QPoint(2, MessageItem::top_gap + MessageItem::header_height + 4);
    QTest::mousePress(viewport, Qt::LeftButton, {}, start);
    QTest::mouseMove(viewport, start + QPoint(300, 130));
    QMouseEvent move(QEvent::MouseMove, start + QPoint(300, 130), viewport->mapToGlobal(start + QPoint(300, 130)),
                     Qt::NoButton, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(viewport, &move);
    QTest::mouseRelease(viewport, Qt::LeftButton, {}, start + QPoint(300, 130));
    const QString selected = f.view.selected_text();
    QVERIFY2(selected.startsWith("Use Dijkstra's") && selected.contains("The idea"), qPrintable(selected));
    f.view.setFocus();
    QTest::keyClick(&f.view, Qt::Key_C, Qt::ControlModifier);
    QCOMPARE(copied.size(), 1);
    QCOMPARE(copied[0][0].toString(), selected);
  }

  void keys_act_on_the_current_message() {
    Fixture f(sample_thread());
    QSignalSpy actions(&f.view, &MessageView::action);
    f.view.setFocus();
    QTest::keyClick(&f.view, Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(f.view.current_row(), 3);
    QTest::keyClick(&f.view, Qt::Key_R);
    QTest::keyClick(&f.view, Qt::Key_E);  // not for an answer
    QTest::keyClick(&f.view, Qt::Key_Delete);
    QTest::keyClick(&f.view, Qt::Key_Up, Qt::ControlModifier);
    QTest::keyClick(&f.view, Qt::Key_E);
    QCOMPARE(actions.size(), 3);
    QCOMPARE(actions[0][1].value<MessageAction>(), MessageAction::regenerate);
    QCOMPARE(actions[1][1].value<MessageAction>(), MessageAction::remove);
    QCOMPARE(actions[2][0].toString(), QStringLiteral("m3"));
    f.view.set_busy(true);
    QTest::keyClick(&f.view, Qt::Key_Delete);
    QCOMPARE(actions.size(), 3);
  }

  void every_control_has_a_name() {
    Fixture f(sample_thread());
    int seen = 0;
    for (QToolButton* button : f.view.findChildren<QToolButton*>()) {
      if (!button->isVisible()) continue;
      QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(button);
      QVERIFY(accessible);
      QVERIFY2(!accessible->text(QAccessible::Name).isEmpty(), qPrintable(button->objectName()));
      ++seen;
    }
    QVERIFY(seen >= 4);
    QAccessibleInterface* view = QAccessible::queryAccessibleInterface(&f.view);
    QCOMPARE(view->role(), QAccessible::List);
    QVERIFY(view->childCount() > 4);
    QAccessibleInterface* message = view->child(1);
    QCOMPARE(message->role(), QAccessible::ListItem);
    QVERIFY(message->text(QAccessible::Name).startsWith("Answer: Use **Dijkstra"));
    QCOMPARE(message->parent(), view);
    QCOMPARE(view->indexOfChild(message), 1);
    QCOMPARE(view->child(3)->text(QAccessible::Description), QStringLiteral("Interrupted"));
  }

  // For a look at it: writes PNGs when a folder is named.
  void pictures() {
    const QString folder = qEnvironmentVariable("DIPTYCH_SCREENSHOTS");
    if (folder.isEmpty()) QSKIP("DIPTYCH_SCREENSHOTS names no folder");
    for (const bool dark : {false, true}) {
      QApplication::setPalette(
          diptych::ui::to_qpalette(dark ? diptych::ui::dark_palette() : diptych::ui::light_palette()));
      Fixture f(sample_thread(), {860, 1500});
      QVERIFY(f.view.grab().save(folder + (dark ? "/view_dark.png" : "/view_light.png")));
    }
  }
};

QTEST_MAIN(MessageViewTest)
#include "message_view_test.moc"
