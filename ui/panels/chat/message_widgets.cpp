#include "ui/panels/chat/message_widgets.h"

#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

#include "ui/panels/chat/figures.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"

namespace diptych::chat {

MessageWidgets::MessageWidgets(QWidget* viewport)
    : viewport_(viewport),
      footer_(new QWidget(viewport)),
      notice_(new ui::Card(ui::Card::Ground::raised, viewport)),
      notice_label_(new QLabel(notice_)),
      notice_button_(new QPushButton(notice_)),
      thinking_(new QToolButton(viewport)),
      stats_(new QLabel(footer_)),
      branch_label_(new QLabel(footer_)) {
  thinking_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  thinking_->setAutoRaise(true);
  thinking_->setObjectName(QStringLiteral("thinkingHeader"));
  thinking_->setFont(ui::text_font(ui::TextSize::body));
  thinking_->setIconSize({16, 16});
  connect(thinking_, &QToolButton::clicked, this, [this] { emit thinking_toggled(id_); });

  auto* notice_row = new QHBoxLayout(notice_);
  notice_row->setContentsMargins(12, 4, 8, 4);
  notice_row->addWidget(notice_label_, 1);
  notice_row->addWidget(notice_button_);
  notice_label_->setWordWrap(true);
  notice_label_->setObjectName(QStringLiteral("messageNoticeText"));
  connect(notice_button_, &QPushButton::clicked, this, [this] {
    emit action(id_, notice_button_->property("continues").toBool() ? MessageAction::continue_answer
                                                                    : MessageAction::regenerate);
  });

  previous_ = make_button("chevron-left", tr("Previous version"), MessageAction::previous_branch);
  next_ = make_button("chevron-right", tr("Next version"), MessageAction::next_branch);
  copy_ = make_button("copy", tr("Copy message"), MessageAction::copy);
  edit_ = make_button("edit", tr("Edit message"), MessageAction::edit);
  regenerate_ = make_button("refresh", tr("Regenerate answer"), MessageAction::regenerate);
  continue_ = make_button("continue", tr("Continue answer"), MessageAction::continue_answer);
  remove_ = make_button("delete", tr("Delete message"), MessageAction::remove);
  for (QLabel* label : {stats_, branch_label_}) {
    label->setFont(ui::text_font(ui::TextSize::caption));
    label->setForegroundRole(QPalette::PlaceholderText);
  }
  stats_->setObjectName(QStringLiteral("messageStats"));
  stats_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  branch_label_->setObjectName(QStringLiteral("branchLabel"));
  auto* row = new QHBoxLayout(footer_);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(previous_);
  row->addWidget(branch_label_);
  row->addWidget(next_);
  row->addWidget(stats_, 1);
  for (QToolButton* button : {continue_, copy_, edit_, regenerate_, remove_}) row->addWidget(button);
  hide();
}

MessageWidgets::~MessageWidgets() {
  // The widgets belong to the viewport; the view may drop a set before the viewport goes.
  for (QToolButton* button : code_buttons_) button->deleteLater();
  footer_->deleteLater();
  notice_->deleteLater();
  thinking_->deleteLater();
}

QToolButton* MessageWidgets::make_button(const QString& icon, const QString& name, MessageAction what) {
  auto* button = new QToolButton(footer_);
  button->setAutoRaise(true);
  button->setIcon(ui::icon(icon));
  button->setIconSize({16, 16});
  button->setFixedSize(28, 28);
  button->setToolTip(name);
  button->setAccessibleName(name);
  button->setFocusPolicy(Qt::StrongFocus);
  connect(button, &QToolButton::clicked, this, [this, what] { emit action(id_, what); });
  return button;
}

void MessageWidgets::fill(const Message& message, MessageTree::Position branch, bool busy, bool last) {
  const bool user = message.role == Role::user;
  const bool streaming = message.state == MessageState::streaming;
  const bool branches = branch.count > 1;
  previous_->setVisible(branches);
  next_->setVisible(branches);
  branch_label_->setVisible(branches);
  previous_->setEnabled(branch.index > 0 && !busy);
  next_->setEnabled(branch.index + 1 < branch.count && !busy);
  branch_label_->setText(tr("%1/%2").arg(branch.index + 1).arg(branch.count));
  branch_label_->setAccessibleName(tr("Version %1 of %2").arg(branch.index + 1).arg(branch.count));
  const QString line = user ? QString() : stats_line(message);
  if (stats_->text() != line) {
    stats_->setText(line);
    stats_->setToolTip(stats_tooltip(message));
    stats_->setAccessibleDescription(stats_->toolTip());
  }
  copy_->setVisible(!streaming);
  remove_->setVisible(!streaming);
  edit_->setVisible(user);
  // A message at the end that has no answer (the host died, or refused) can still get one.
  regenerate_->setVisible(user ? last && !busy : !streaming);
  regenerate_->setToolTip(user ? tr("Answer this message") : tr("Regenerate answer"));
  regenerate_->setAccessibleName(regenerate_->toolTip());
  continue_->setVisible(can_continue(message) && message.state != MessageState::interrupted);
  for (QToolButton* button : {edit_, regenerate_, continue_, remove_}) button->setEnabled(!busy);

  if (message.state == MessageState::failed || message.state == MessageState::interrupted) {
    const bool continues = message.state == MessageState::interrupted;
    notice_text_ = continues
                       ? (message.error.text.isEmpty() ? tr("The engine stopped while this answer was being written.")
                                                       : message.error.text)
                       : message.error.text;
    notice_label_->setText(notice_text_);
    notice_label_->setToolTip(notice_text_);
    notice_button_->setText(!message.error.action.isEmpty() ? message.error.action
                            : continues                     ? tr("Continue")
                                                            : tr("Try again"));
    notice_button_->setProperty("continues", continues);
    notice_button_->setEnabled(!busy);
  }
  thinking_->setText(thinking_summary(message));
}

void MessageWidgets::show(const Message& message, const MessageItem& item, MessageTree::Position branch, bool busy,
                          bool last, QPoint origin) {
  id_ = message.id;
  fill(message, branch, busy, last);
  footer_->setGeometry(item.footer().translated(origin));
  footer_->show();
  thinking_->setVisible(item.has_thinking());
  if (item.has_thinking()) {
    thinking_->setIcon(
        ui::icon(item.thinking_open() ? QStringLiteral("chevron-down") : QStringLiteral("chevron-right")));
    thinking_->setAccessibleName(thinking_->text());
    thinking_->setAccessibleDescription(item.thinking_open() ? tr("Shown; press to hide")
                                                             : tr("Hidden; press to show"));
    QRect rect = item.thinking_header().translated(origin);
    rect.setWidth(std::min(rect.width(), thinking_->sizeHint().width()));
    thinking_->setGeometry(rect);
  }
  notice_->setVisible(item.has_notice());
  if (item.has_notice()) notice_->setGeometry(item.notice().translated(origin));

  const std::vector<MessageItem::CodeHeader> headers = item.code_headers();
  while (code_buttons_.size() < static_cast<qsizetype>(headers.size())) {
    auto* button = new QToolButton(viewport_);
    button->setAutoRaise(true);
    button->setText(tr("Copy"));
    button->setFont(ui::text_font(ui::TextSize::caption));
    button->setIcon(ui::icon("copy"));
    button->setIconSize({14, 14});
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setObjectName(QStringLiteral("codeCopy"));
    button->setAccessibleName(tr("Copy code"));
    button->setFocusPolicy(Qt::StrongFocus);
    connect(button, &QToolButton::clicked, this,
            [this, button] { emit code_copied(button->property("code").toString()); });
    code_buttons_.append(button);
  }
  const QRect view = viewport_->rect();
  for (qsizetype i = 0; i < code_buttons_.size(); ++i) {
    QToolButton* button = code_buttons_[i];
    const bool used = i < static_cast<qsizetype>(headers.size()) &&
                      view.intersects(headers[static_cast<size_t>(i)].rect.translated(origin));
    button->setVisible(used);
    if (!used) continue;
    const MessageItem::CodeHeader& header = headers[static_cast<size_t>(i)];
    button->setProperty("code", header.code);
    const QSize size = button->sizeHint().boundedTo({200, header.rect.height() - 4});
    button->setGeometry(
        QRect(header.rect.right() - size.width() - 2, header.rect.top() + 2, size.width(), header.rect.height() - 4)
            .translated(origin));
  }
}

void MessageWidgets::hide() {
  id_.clear();
  footer_->hide();
  notice_->hide();
  thinking_->hide();
  for (QToolButton* button : code_buttons_) button->hide();
}

bool MessageWidgets::has_focus() const {
  const QWidget* focus = QApplication::focusWidget();
  return focus && !id_.isEmpty() &&
         (footer_->isAncestorOf(focus) || notice_->isAncestorOf(focus) || focus == thinking_ ||
          std::any_of(code_buttons_.begin(), code_buttons_.end(),
                      [focus](const QWidget* button) { return button == focus; }));
}

QList<QWidget*> MessageWidgets::tab_chain() const {
  QList<QWidget*> chain;
  if (id_.isEmpty()) return chain;
  chain << thinking_;
  for (QToolButton* button : code_buttons_) chain << button;
  chain << notice_button_ << previous_ << next_ << continue_ << copy_ << edit_ << regenerate_ << remove_;
  return chain;
}

}  // namespace diptych::chat
