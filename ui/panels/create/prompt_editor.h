// A field for prompts: coloured syntax, completion of <lora:…> from what is on this computer, weights by Ctrl+Up and
// Ctrl+Down.
#pragma once

#include <QPlainTextEdit>

class QCompleter;
class QStringListModel;

namespace diptych::create {

class PromptHighlighter;

class PromptEditor : public QPlainTextEdit {
  Q_OBJECT

 public:
  // As high as its text, between these numbers of lines.
  PromptEditor(int least_lines, int most_lines, QWidget* parent = nullptr);

  QString text() const { return toPlainText(); }
  void set_text(const QString& text);  // keeps the caret where the text is the same
  void set_adapters(const QStringList& names);
  QCompleter* completer() const { return completer_; }

 signals:
  void edited(const QString& text);  // the text itself, not only its colours
  void generate_requested();

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  bool event(QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  bool canInsertFromMimeData(const QMimeData* source) const override;

 private:
  void change_weight(int direction);
  void complete();
  void insert_completion(const QString& name);
  void fit_height();

  const int least_lines_, most_lines_;
  PromptHighlighter* highlighter_;
  QStringListModel* adapters_;
  QCompleter* completer_;
  QString known_;
};

}  // namespace diptych::create
