// Ctrl+F: words in the conversation that is shown, match by match.
#pragma once

#include <QWidget>

class QLabel;
class QLineEdit;
class QToolButton;

namespace diptych::chat {

class MessageView;

class FindBar : public QWidget {
  Q_OBJECT

 public:
  explicit FindBar(MessageView* view, QWidget* parent = nullptr);  // `view` must outlive it

  void open();
  void close_bar();
  void step(int by);
  QLineEdit* field() const { return field_; }
  QString status() const;  // "2 of 7", "No match"

 signals:
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void search();
  void show_current();

  MessageView* view_;
  QLineEdit* field_;
  QLabel* status_;
  QToolButton* previous_;
  QToolButton* next_;
  int count_ = 0;
  int current_ = -1;
};

}  // namespace diptych::chat
