#include "ui/panels/chat/announcer.h"

#include <QAccessible>
#include <QTextBoundaryFinder>

namespace diptych::chat {

qsizetype complete_sentences(const QString& text, qsizetype from) {
  const QStringView rest = QStringView(text).sliced(from);
  QTextBoundaryFinder finder(QTextBoundaryFinder::Sentence, rest.data(), rest.size());
  qsizetype end = 0;
  for (qsizetype at = finder.toNextBoundary(); at >= 0 && at < rest.size(); at = finder.toNextBoundary()) {
    // A list number ("1. ") is a boundary for Unicode, but no sentence.
    if (rest.sliced(end, at - end).trimmed().size() > 3) end = at;
  }
  return from + end;
}

Announcer::Announcer(QWidget* parent) : QLabel(parent) {
  setObjectName(QStringLiteral("announcer"));
  setAccessibleDescription(tr("State of the answer"));
  setFixedSize(1, 1);
}

void Announcer::say(const QString& text) {
  last_ = text;
  setAccessibleName(text);
  if (QAccessible::isActive()) {
    QAccessibleEvent name(this, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&name);
    QAccessibleEvent alert(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
  }
  emit announced(text);
}

void Announcer::start() {
  text_.clear();
  spoken_ = 0;
  say(tr("Answer started"));
}

void Announcer::grow(const QString& text) {
  if (text.size() < text_.size()) spoken_ = 0;
  text_ = text;
  const qsizetype end = complete_sentences(text_, spoken_);
  if (end == spoken_) return;
  say(text_.sliced(spoken_, end - spoken_).trimmed());
  spoken_ = end;
}

void Announcer::end(const QString& outcome) {
  const QString rest = text_.sliced(std::min(spoken_, text_.size())).trimmed();
  spoken_ = text_.size();
  say(rest.isEmpty() ? outcome : rest + QLatin1Char('\n') + outcome);
}

}  // namespace diptych::chat
