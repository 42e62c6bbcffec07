// Where the user writes: grows with its text, sends, stops, and shows how full the context is.
#pragma once

#include <QPlainTextEdit>
#include <QWidget>

class QLabel;
class QProgressBar;
class QPushButton;

namespace diptych::chat {

// The text field: 1 to 8 lines high, with the keys of UI.md.
class ComposerEdit : public QPlainTextEdit {
  Q_OBJECT

 public:
  explicit ComposerEdit(QWidget* parent = nullptr);

  static constexpr int most_lines = 8;
  void set_enter_sends(bool sends) { enter_sends_ = sends; }  // false: Enter breaks the line, Shift+Enter sends
  QSize sizeHint() const override;

 signals:
  void send_requested();
  void escape_pressed();

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void fit_height();

  bool enter_sends_ = true;
};

class Composer : public QWidget {
  Q_OBJECT

 public:
  explicit Composer(QWidget* parent = nullptr);

  QString text() const;
  void set_text(const QString& text);
  void set_enter_sends(bool sends);
  void set_streaming(bool streaming);  // the button stops instead of sending
  // Why nothing can be sent, with the label of the button that helps ("No model is loaded", "Load a model"); empty: it
  // can. Writing stays possible: the draft is kept.
  void set_blocked(const QString& reason, const QString& action = {});
  void set_editing(bool editing);  // an earlier message is being edited; shows how to leave
  bool editing() const;
  // Tokens of the conversation so far, of the draft (-1: not counted yet), and the model's limit (0: no model).
  void set_context(int used, int draft, int limit);
  ComposerEdit* edit() const { return edit_; }

 signals:
  void send_requested(const QString& text);
  void stop_requested();
  void edit_cancelled();
  void help_requested();  // the button of set_blocked()
  void text_changed(const QString& text);
  void escape_pressed();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void update_button();
  void try_send();

  ComposerEdit* edit_;
  QPushButton* button_;
  QWidget* blocked_;
  QLabel* blocked_label_;
  QPushButton* blocked_button_;
  QWidget* editing_;
  QProgressBar* meter_;
  QLabel* meter_label_;
  bool streaming_ = false;
};

// The host counts tokens; between keystroke and its answer this stands in (marked as an estimate).
int estimate_tokens(QStringView text);

}  // namespace diptych::chat
