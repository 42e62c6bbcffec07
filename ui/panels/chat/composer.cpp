#include "ui/panels/chat/composer.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QTextBlock>
#include <cmath>

#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"

namespace diptych::chat {

int estimate_tokens(QStringView text) {
  // English averages some 4 characters per token, CJK about 1.5 tokens per two characters.
  double tokens = 0;
  for (const QChar c : text) tokens += c.unicode() >= 0x2E80 ? 0.75 : 0.25;
  return static_cast<int>(std::ceil(tokens));
}

ComposerEdit::ComposerEdit(QWidget* parent) : QPlainTextEdit(parent) {
  setTabChangesFocus(true);
  setFrameShape(QFrame::NoFrame);
  setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setObjectName(QStringLiteral("composerEdit"));
  document()->setDocumentMargin(4);
  setFont(ui::text_font(ui::TextSize::reading));
  viewport()->setAutoFillBackground(false);
  connect(this, &QPlainTextEdit::textChanged, this, &ComposerEdit::fit_height);
  fit_height();
}

QSize ComposerEdit::sizeHint() const {
  return {400, height()};
}

void ComposerEdit::fit_height() {
  int lines = 0;  // as wrapped
  for (QTextBlock block = document()->begin(); block.isValid() && lines < most_lines; block = block.next())
    lines += std::max(1, block.layout()->lineCount());
  lines = std::clamp(lines, 1, most_lines);
  setFixedHeight(lines * fontMetrics().lineSpacing() + static_cast<int>(2 * document()->documentMargin()) + 4);
}

void ComposerEdit::resizeEvent(QResizeEvent* event) {
  QPlainTextEdit::resizeEvent(event);
  if (event->oldSize().width() != event->size().width()) fit_height();
}

void ComposerEdit::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
    const bool control = event->modifiers() & Qt::ControlModifier;
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    if (control || shift != enter_sends_)
      emit send_requested();
    else
      insertPlainText(QStringLiteral("\n"));
    event->accept();
    return;
  }
  if (event->key() == Qt::Key_Escape) {
    emit escape_pressed();
    event->accept();
    return;
  }
  QPlainTextEdit::keyPressEvent(event);
}

Composer::Composer(QWidget* parent)
    : QWidget(parent),
      edit_(new ComposerEdit(this)),
      button_(new QPushButton(this)),
      blocked_(new QWidget(this)),
      blocked_label_(new QLabel(blocked_)),
      blocked_button_(new QPushButton(blocked_)),
      editing_(new QWidget(this)),
      meter_(new QProgressBar(this)),
      meter_label_(new QLabel(this)) {
  auto* box = new ui::Card(ui::Card::Ground::surface, this);
  edit_->setPlaceholderText(tr("Ask something"));
  edit_->setAccessibleName(tr("Message"));
  edit_->setAccessibleDescription(tr("Enter sends, Shift+Enter starts a new line"));
  button_->setObjectName(QStringLiteral("sendButton"));
  button_->setIconSize({18, 18});
  button_->setFixedSize(32, 32);
  button_->setProperty("primary", true);
  button_->setAutoDefault(false);

  auto* editing_row = new QHBoxLayout(editing_);
  editing_row->setContentsMargins(4, 0, 4, 0);
  auto* editing_label = new QLabel(tr("Editing an earlier message: sending starts a new version"), editing_);
  editing_label->setObjectName(QStringLiteral("editingLabel"));
  auto* editing_cancel = new QPushButton(tr("Cancel edit"), editing_);
  editing_cancel->setFlat(true);
  editing_row->addWidget(editing_label, 1);
  editing_row->addWidget(editing_cancel);
  editing_->hide();

  auto* blocked_row = new QHBoxLayout(blocked_);
  blocked_row->setContentsMargins(4, 0, 4, 0);
  blocked_label_->setObjectName(QStringLiteral("blockedReason"));
  blocked_label_->setWordWrap(true);
  blocked_row->addWidget(blocked_label_, 1);
  blocked_row->addWidget(blocked_button_);
  blocked_->hide();

  auto* line = new QHBoxLayout;
  line->setContentsMargins(0, 0, 0, 0);
  line->addWidget(edit_, 1);
  line->addWidget(button_, 0, Qt::AlignBottom);
  auto* inside = new QVBoxLayout(box);
  inside->setContentsMargins(12, 8, 8, 8);
  inside->setSpacing(4);
  inside->addWidget(editing_);
  inside->addWidget(blocked_);
  inside->addLayout(line);

  meter_->setTextVisible(false);
  meter_->setFixedSize(96, 4);
  meter_->setObjectName(QStringLiteral("contextMeter"));
  meter_->setAccessibleName(tr("Context used"));
  meter_label_->setObjectName(QStringLiteral("contextLabel"));
  meter_label_->setFont(ui::text_font(ui::TextSize::caption));
  for (QLabel* label : {meter_label_, blocked_label_, editing_label})
    label->setForegroundRole(QPalette::PlaceholderText);
  auto* below = new QHBoxLayout;
  below->setContentsMargins(4, 0, 4, 0);
  below->addWidget(meter_);
  below->addSpacing(4);
  below->addWidget(meter_label_);
  below->addStretch(1);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(6);
  layout->addWidget(box);
  layout->addLayout(below);
  setFocusProxy(edit_);

  connect(edit_, &ComposerEdit::send_requested, this, &Composer::try_send);
  connect(edit_, &ComposerEdit::escape_pressed, this, &Composer::escape_pressed);
  connect(edit_, &QPlainTextEdit::textChanged, this, [this] {
    update_button();
    emit text_changed(text());
  });
  connect(button_, &QPushButton::clicked, this, [this] {
    if (streaming_)
      emit stop_requested();
    else
      try_send();
  });
  connect(editing_cancel, &QPushButton::clicked, this, &Composer::edit_cancelled);
  connect(blocked_button_, &QPushButton::clicked, this, &Composer::help_requested);
  update_button();
  set_context(0, 0, 0);
}

void Composer::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) update_button();
}

QString Composer::text() const {
  return edit_->toPlainText();
}

void Composer::set_text(const QString& text) {
  if (text == this->text()) return;
  edit_->setPlainText(text);
  edit_->moveCursor(QTextCursor::End);
}

void Composer::set_enter_sends(bool sends) {
  edit_->set_enter_sends(sends);
  edit_->setAccessibleDescription(sends ? tr("Enter sends, Shift+Enter starts a new line")
                                        : tr("Shift+Enter sends, Enter starts a new line"));
}

void Composer::set_streaming(bool streaming) {
  streaming_ = streaming;
  update_button();
}

void Composer::set_blocked(const QString& reason, const QString& action) {
  blocked_->setVisible(!reason.isEmpty());
  blocked_label_->setText(reason);
  blocked_button_->setText(action);
  blocked_button_->setVisible(!action.isEmpty());
  update_button();
}

void Composer::set_editing(bool editing) {
  editing_->setVisible(editing);
  update_button();
}

bool Composer::editing() const {
  return !editing_->isHidden();
}

void Composer::update_button() {
  const QString name = streaming_  ? tr("Stop the answer")
                       : editing() ? tr("Send as a new version")
                                   : tr("Send message");
  const QString shape = streaming_ ? QStringLiteral("stop") : QStringLiteral("arrow-up");
  const ui::Palette& palette = ui::theme_palette();
  QIcon picture(ui::icon_pixmap(shape, 18, palette.on_accent, devicePixelRatioF()));
  picture.addPixmap(ui::icon_pixmap(shape, 18, palette.control, devicePixelRatioF()), QIcon::Disabled);
  button_->setIcon(picture);
  button_->setToolTip(name + (streaming_ ? tr(" (Esc)") : QString()));
  button_->setAccessibleName(name);
  button_->setEnabled(streaming_ || (blocked_label_->text().isEmpty() && !text().trimmed().isEmpty()));
}

void Composer::try_send() {
  if (streaming_ || !blocked_label_->text().isEmpty() || text().trimmed().isEmpty()) return;
  emit send_requested(text());
}

void Composer::set_context(int used, int draft, int limit) {
  const bool known = limit > 0;
  meter_->setVisible(known);
  meter_label_->setVisible(known);
  if (!known) return;
  const bool estimated = draft < 0;
  const int drafted = estimated ? estimate_tokens(text()) : draft;
  const int total = used + drafted;
  meter_->setRange(0, limit);
  meter_->setValue(std::min(total, limit));
  const QLocale locale;
  QString line =
      tr("%1 %2 of %3 tokens of context")
          .arg(estimated ? QStringLiteral("○") : QStringLiteral("●"), locale.toString(total), locale.toString(limit));
  if (drafted > 0) line += tr(" · %1 in this message").arg(locale.toString(drafted));
  meter_label_->setText(line);
  meter_label_->setToolTip(estimated ? tr("○ estimated from the length of the text, until the engine has counted it")
                                     : tr("● counter: counted by the model's tokenizer"));
}

}  // namespace diptych::chat
