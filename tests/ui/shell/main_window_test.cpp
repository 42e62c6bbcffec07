#include "ui/shell/main_window.h"

#include <QDragEnterEvent>
#include <QLabel>
#include <QMimeData>
#include <QPushButton>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/ui/shell/plain_panel.h"
#include "ui/preferences/preferences.h"
#include "ui/shell/columns.h"
#include "ui/shell/drop_target.h"
#include "ui/shell/help_popup.h"
#include "ui/theme/theme.h"
#include "ui/widgets/bars.h"
#include "ui/widgets/command_palette.h"
#include "ui/widgets/gauge_strip.h"

using namespace diptych::ui;
using Side = Columns::Side;

namespace {

struct Shell {
  explicit Shell(const QString& file, QSize size = {1280, 800})
      : preferences(file), chat(QStringLiteral("chat"), true), models(QStringLiteral("models"), false) {
    window = std::make_unique<MainWindow>(&preferences);
    window->resize(size);
    window->add_panel(&chat);
    window->add_panel(&models);
    window->restore();
    window->show();
    (void)QTest::qWaitForWindowActive(window.get());
    window->panel()->shown();
  }
  void key(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
    QWidget* focused = QApplication::focusWidget();
    QTest::keyClick(focused ? focused : window.get(), key, modifiers);
  }
  bool list() { return window->columns()->shown(Side::list); }
  bool inspector() { return window->columns()->shown(Side::inspector); }

  Preferences preferences;
  PlainPanel chat, models;
  std::unique_ptr<MainWindow> window;
};

// A page that has a use of its own for folders.
struct FolderPage : QWidget {
  explicit FolderPage(QWidget* parent) : QWidget(parent) {
    setAcceptDrops(true);
    setProperty("takesFolders", true);
    show();
  }
  void dragEnterEvent(QDragEnterEvent* event) override { event->acceptProposedAction(); }
  void dropEvent(QDropEvent* event) override {
    event->acceptProposedAction();
    ++taken;
  }
  int taken = 0;
};

}  // namespace

class MainWindowTest : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int file_ = 0;
  QString fresh() { return folder_.filePath(QStringLiteral("window%1.ini").arg(++file_)); }

 private slots:
  void initTestCase() { new Theme(qApp); }

  void columns_fold_by_themselves_where_there_is_no_room() {
    Shell f(fresh(), {1280, 800});
    QVERIFY(f.list() && f.inspector());
    QCOMPARE(f.window->gauges()->height(), 52);
    f.window->resize(1024, 700);
    QVERIFY(!f.list() && !f.inspector());
    QVERIFY(f.chat.content()->width() >= Columns::content_beside_list);
    f.window->resize(1100, 700);
    QVERIFY(f.list() && !f.inspector());
    f.window->resize(1440, 900);
    QVERIFY(f.list() && f.inspector());
    QCOMPARE(f.chat.list()->width(), Columns::list_width);
    QCOMPARE(f.chat.inspector()->width(), Columns::inspector_width);
    QVERIFY(f.window->gauges()->isVisible());
  }

  void what_the_user_folds_stays_folded() {
    const QString file = fresh();
    {
      Shell f(file);
      f.key(Qt::Key_F9);
      QVERIFY(!f.list());
      f.window->resize(900, 700);
      f.window->resize(1440, 900);
      QVERIFY(!f.list() && f.inspector());
      f.key(Qt::Key_2, Qt::ControlModifier);
      f.window->resize(1300, 820);
      f.window->close();
    }
    Shell f(file);
    QCOMPARE(f.window->panel()->id(), QStringLiteral("models"));
    QCOMPARE(f.window->size(), QSize(1300, 820));
    f.key(Qt::Key_1, Qt::ControlModifier);
    QVERIFY(!f.list() && f.inspector());
  }

  void a_column_that_folded_by_itself_comes_when_it_is_asked_for() {
    Shell f(fresh(), {900, 700});
    QVERIFY(!f.list());
    f.key(Qt::Key_F9);
    QVERIFY(f.list());
    f.key(Qt::Key_F10);
    QVERIFY(f.inspector() && !f.list());
    f.key(Qt::Key_F10);
    QVERIFY(!f.inspector());
  }

  void keys_reach_the_panel_that_is_shown() {
    Shell f(fresh());
    QCOMPARE(QApplication::focusWidget(), f.chat.field());
    f.key(Qt::Key_N, Qt::ControlModifier);
    f.key(Qt::Key_F, Qt::ControlModifier);
    f.key(Qt::Key_J, Qt::ControlModifier);
    f.key(Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(QApplication::focusWidget(), f.models.field());
    f.key(Qt::Key_N, Qt::ControlModifier);
    f.key(Qt::Key_J, Qt::ControlModifier);
    QCOMPARE((QList{f.chat.created, f.chat.found, f.chat.done}), (QList{1, 1, 1}));
    QCOMPARE((QList{f.models.created, f.models.found, f.models.done}), (QList{1, 0, 1}));
  }

  void escape_stops_first_and_leaves_the_field_then() {
    Shell f(fresh());
    f.chat.running = true;
    f.key(Qt::Key_Escape);
    QVERIFY(!f.chat.running);
    QCOMPARE(QApplication::focusWidget(), f.chat.field());
    f.key(Qt::Key_Escape);
    QVERIFY(!f.chat.field()->hasFocus());
  }

  void the_palette_has_every_command() {
    Shell f(fresh());
    f.key(Qt::Key_K, Qt::ControlModifier);
    QVERIFY(f.window->palette_popup()->isVisible());
    QTest::keyClicks(f.window->palette_popup()->field(), QStringLiteral("models"));
    f.key(Qt::Key_Return);
    QCOMPARE(f.window->panel()->id(), QStringLiteral("models"));
    QVERIFY(!f.window->palette_popup()->isVisible());
  }

  void undo_belongs_to_the_field_first() {
    Shell f(fresh());
    int undone = 0;
    QTest::keyClicks(f.chat.field(), QStringLiteral("ab"));
    emit f.chat.undo_offered(QStringLiteral("Deleted “x”"), [&] { ++undone; });
    QVERIFY(f.window->undo_bar()->isVisible());
    f.key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(f.chat.field()->text(), QString());
    QCOMPARE(undone, 0);
    f.key(Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(undone, 1);
    QVERIFY(!f.window->undo_bar()->isVisible());
  }

  void help_says_what_the_control_is() {
    Shell f(fresh());
    f.key(Qt::Key_F1);
    auto* help = f.window->findChild<HelpPopup*>();
    QVERIFY(help && help->isVisible());
    QCOMPARE(help->accessibleName(), QStringLiteral("Question"));
    QCOMPARE(help->accessibleDescription(), QStringLiteral("What the model is asked"));
    QTest::keyClick(help, Qt::Key_Escape);
    QVERIFY(!help->isVisible());
    QCOMPARE(help_for(f.window->gauges()).title, QStringLiteral("Gauges"));
  }

  void a_notice_offers_the_next_step() {
    Shell f(fresh());
    bool again = false;
    emit f.chat.notice(
        {Notice::Level::error, QStringLiteral("It failed"), QStringLiteral("Try again"), [&] { again = true; }});
    QVERIFY(f.window->notices()->isVisible());
    QTest::mouseClick(f.window->notices()->findChild<QPushButton*>(), Qt::LeftButton);
    QVERIFY(again && !f.window->notices()->isVisible());
  }

  void takes_models_wherever_they_are_dropped() {
    Shell f(fresh());
    QFile model(folder_.filePath(QStringLiteral("small.gguf")));
    QVERIFY(model.open(QIODevice::WriteOnly));
    model.close();
    QSignalSpy dropped(f.window.get(), &MainWindow::model_dropped);
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(model.fileName())});
    for (QWidget* place : QList<QWidget*>{f.chat.field(), f.window.get()}) {
      QDragEnterEvent enter({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
      QVERIFY(QApplication::sendEvent(place, &enter) && enter.isAccepted());
      QVERIFY(f.window->findChild<DropTarget*>()->isVisible());
      QDropEvent drop({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
      QApplication::sendEvent(place, &drop);
      QVERIFY(!f.window->findChild<DropTarget*>()->isVisible());
    }
    QCOMPARE(dropped.size(), 2);
    QCOMPARE(dropped[0][0].toString(), model.fileName());
    QCOMPARE(f.chat.field()->text(), QString());
    data.setUrls({QUrl::fromLocalFile(folder_.filePath(QStringLiteral("note.txt")))});
    QCOMPARE(dropped_model(&data), QString());
    data.setUrls({QUrl::fromLocalFile(folder_.path())});
    QCOMPARE(dropped_model(&data), folder_.path());
  }

  void a_page_that_takes_folders_gets_them() {
    Shell f(fresh());
    QSignalSpy dropped(f.window.get(), &MainWindow::model_dropped);
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(folder_.path())});
    auto* page = new FolderPage(f.chat.content());
    QDragEnterEvent enter({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(page, &enter);
    QVERIFY(!f.window->findChild<DropTarget*>()->isVisible());
    QDropEvent drop({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(page, &drop);
    QCOMPARE(page->taken, 1);
    QCOMPARE(dropped.size(), 0);
    QDragEnterEvent above({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(f.window.get(), &above);
    QVERIFY(f.window->findChild<DropTarget*>()->isVisible());
    QDropEvent elsewhere({4, 4}, Qt::CopyAction, &data, Qt::LeftButton, {});
    QApplication::sendEvent(f.window.get(), &elsewhere);
    QCOMPARE(dropped.size(), 1);
  }
};

QTEST_MAIN(MainWindowTest)
#include "main_window_test.moc"
