// Tells assistive technology about an answer: at its start, after each sentence, at its end; never per token.
#pragma once

#include <QLabel>

namespace diptych::chat {

// A label that takes no room. Its accessible name is the last announcement, and an alert event goes with each
// (QAccessibleAnnouncementEvent needs Qt 6.8).
class Announcer : public QLabel {
  Q_OBJECT

 public:
  explicit Announcer(QWidget* parent);

  void start();                      // an answer begins
  void grow(const QString& text);    // the whole text so far
  void end(const QString& outcome);  // "Answer complete", "Stopped" …
  void say(const QString& text);

  const QString& last() const { return last_; }

 signals:
  void announced(const QString& text);

 private:
  QString last_;
  QString text_;
  qsizetype spoken_ = 0;  // characters of the answer that have been announced
};

// End of the last complete sentence in `text` from `from` on, or `from`: a sentence is complete when something follows.
qsizetype complete_sentences(const QString& text, qsizetype from);

}  // namespace diptych::chat
