// Every control of the window says what it is, can be reached by keyboard, and ignores a wheel that only passes over
// it.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QComboBox>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QSet>

#include "tests/gui/real_window.h"
#include "ui/shell/columns.h"

using namespace diptych;

class AccessibleTest : public QObject {
  Q_OBJECT

  std::unique_ptr<gui::RealWindow> f_;

  static bool is_control(const QWidget* widget) {
    if (qobject_cast<const QScrollBar*>(widget)) return false;  // the area around it is the control
    const QString name = widget->objectName();
    if (name.startsWith("qt_")) return false;  // parts that Qt itself puts into its fields
    if (widget->parent() &&
        (qobject_cast<QAbstractSpinBox*>(widget->parent()) || qobject_cast<QComboBox*>(widget->parent())))
      return false;
    if (widget->parent() && qobject_cast<QLineEdit*>(widget->parent())) return false;
    return qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QLineEdit*>(widget) ||
           qobject_cast<const QPlainTextEdit*>(widget) || qobject_cast<const QAbstractItemView*>(widget) ||
           qobject_cast<const QComboBox*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget) ||
           qobject_cast<const QAbstractSlider*>(widget) || qobject_cast<const QProgressBar*>(widget);
  }
  static QString describe(const QWidget* widget) {
    QStringList chain;
    for (; widget; widget = widget->parentWidget())
      chain << QStringLiteral("%1(%2)").arg(widget->metaObject()->className(), widget->objectName());
    return chain.mid(0, 5).join(" < ");
  }

 private slots:
  void initTestCase() {
    f_ = std::make_unique<gui::RealWindow>(window::Arguments{}, QStringLiteral("/nowhere/diptych"));
  }
  void cleanupTestCase() { f_.reset(); }

  void every_control_has_a_name() {
    int controls = 0;
    for (const QWidget* widget : f_->workbench.window()->findChildren<QWidget*>()) {
      if (!is_control(widget) || qobject_cast<const QComboBox*>(widget->parentWidget())) continue;
      // A combo box's list and the header of a table speak for what they belong to.
      if (QByteArray(widget->metaObject()->className()).startsWith("QComboBox") ||
          QByteArray(widget->metaObject()->className()) == "QHeaderView" ||
          QByteArray(widget->metaObject()->className()) == "QTableCornerButton")
        continue;
      ++controls;
      QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(const_cast<QWidget*>(widget));
      QVERIFY2(spoken, qPrintable(describe(widget)));
      const auto* button = qobject_cast<const QAbstractButton*>(widget);
      if (button && !button->isVisibleTo(button->window())) continue;  // named when it is shown for something
      QVERIFY2(!spoken->text(QAccessible::Name).trimmed().isEmpty(), qPrintable(describe(widget)));
      QVERIFY2(spoken->role() != QAccessible::NoRole, qPrintable(describe(widget)));
    }
    QVERIFY2(controls > 40, qPrintable(QString::number(controls)));
  }

  void every_panel_can_be_walked_by_tab() {
    for (const char* id : {"chat", "create", "finetune", "models", "machine", "settings"}) {
      f_->workbench.window()->show_panel(QLatin1String(id));
      QWidget* first = QApplication::focusWidget();
      QVERIFY2(first, id);
      QSet<QWidget*> met;
      QWidget* at = first;
      for (int i = 0; i < 10'000; ++i) {
        at = at->nextInFocusChain();
        if (at == first) break;
        if (at->isVisible() && at->isEnabled() && at->focusPolicy() & Qt::TabFocus) met << at;
      }
      int missing = 0;
      for (QWidget* widget : f_->workbench.window()->findChildren<QWidget*>())
        if (is_control(widget) && widget->isVisible() && widget->isEnabled() &&
            (widget->focusPolicy() & Qt::TabFocus) && widget != first && !met.contains(widget)) {
          qWarning("%s", qPrintable(describe(widget)));
          ++missing;
        }
      QCOMPARE(missing, 0);
    }
  }

  // Not only what Qt calls a control: charts, the messages and whatever else takes the focus.
  void whatever_takes_the_focus_has_a_name() {
    for (const char* id : {"chat", "create", "finetune", "models", "machine", "settings"}) {
      f_->workbench.window()->show_panel(QLatin1String(id));
      QTest::qWait(20);
      int met = 0;
      for (QWidget* widget : f_->workbench.window()->findChildren<QWidget*>()) {
        if (!widget->isVisible() || !widget->isEnabled() || !(widget->focusPolicy() & Qt::TabFocus)) continue;
        if (widget->objectName().startsWith("qt_") || widget->focusProxy()) continue;
        QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(widget);
        QVERIFY2(spoken && !spoken->text(QAccessible::Name).trimmed().isEmpty(), qPrintable(describe(widget)));
        ++met;
      }
      QVERIFY2(met > 4, id);
    }
  }

  void a_wheel_that_passes_changes_nothing() {
    for (const char* id : {"chat", "create", "finetune", "models", "settings"}) {
      f_->workbench.window()->show_panel(QLatin1String(id));
      for (QWidget* widget : f_->workbench.window()->findChildren<QWidget*>()) {
        if (!qobject_cast<QComboBox*>(widget) && !qobject_cast<QAbstractSpinBox*>(widget)) continue;
        if (!widget->isVisible()) continue;  // its turn comes with its panel
        QVERIFY2(!(widget->focusPolicy() & 0x4 /* the wheel */), qPrintable(describe(widget)));
        if (widget->hasFocus()) continue;
        const auto* combo = qobject_cast<QComboBox*>(widget);
        const auto* spin = qobject_cast<QAbstractSpinBox*>(widget);
        const QString before = combo ? combo->currentText() : spin->text();
        QWheelEvent wheel({5, 5}, widget->mapToGlobal(QPointF(5, 5)), {0, 120}, {0, 120}, Qt::NoButton, {},
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(widget, &wheel);
        QCOMPARE(combo ? combo->currentText() : spin->text(), before);
      }
    }
  }

  void nothing_is_cut_off_in_a_small_window() {
    f_->workbench.window()->resize(1024, 700);
    for (const char* id : {"chat", "create", "finetune", "models", "machine", "settings"}) {
      f_->workbench.window()->show_panel(QLatin1String(id));
      QTest::qWait(50);
      QCOMPARE(f_->workbench.window()->size(), QSize(1024, 700));
      for (QAbstractButton* button : f_->workbench.window()->findChildren<QAbstractButton*>()) {
        if (!button->isVisible() || button->text().isEmpty() || !qobject_cast<QPushButton*>(button)) continue;
        QVERIFY2(button->width() >= button->fontMetrics().horizontalAdvance(button->text()),
                 qPrintable(describe(button)));
      }
    }
  }
};

int main(int argc, char** argv) {
  diptych::gui::OwnHome home;
  QApplication application(argc, argv);
  std::setlocale(LC_NUMERIC, "C");
  AccessibleTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "accessible_test.moc"
