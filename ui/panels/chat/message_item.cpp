#include "ui/panels/chat/message_item.h"

#include <QCoreApplication>
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/markdown/parser.h"

namespace diptych::chat {
namespace {

constexpr qreal bubble_padding_x = 16;
constexpr qreal bubble_padding_y = 8;
constexpr qreal bubble_share = 0.85;  // of the column, at most
constexpr qreal thinking_indent = 16;

}  // namespace

void MessageItem::estimate(const Message& message, int width) {
  width_ = width;
  // Average glyph of half an em, lines of one and a half: near enough for the scroll bar until the message is seen.
  const double per_line = std::max(1.0, width / (style_.answer.body.pixelSize() * 0.55));
  const double lines = std::ceil(static_cast<double>(message.text.size()) / per_line) +
                       static_cast<double>(message.text.count(QLatin1Char('\n')));
  height_ = top_gap + footer_height + static_cast<int>(lines * style_.answer.body.pixelSize() * 1.5);
}

qreal MessageItem::update(const Message& message, int width) {
  user_ = message.role == Role::user;
  const bool wider = width != width_;
  width_ = width;
  const QByteArray text = message.text.toUtf8();
  qreal unchanged = 0;
  if (!body_) {
    body_ = std::make_unique<markdown::DocumentLayout>(style_.answer);
    source_ = {};
  }
  body_->set_width(user_ ? std::floor(width * bubble_share) - 2 * bubble_padding_x : width);
  if (user_) {
    body_->set_blocks(markdown::parse_plain(message.text));
    body_->set_width(std::ceil(body_->used_width()) + 1);  // so that text that starts at the right is in the bubble
  } else {
    source_.set_source(text);
    unchanged = body_->set_blocks(source_.blocks());
  }
  has_thinking_ = !message.thinking.isEmpty();
  if (has_thinking_ && thinking_open_) {
    if (!thinking_) thinking_ = std::make_unique<markdown::DocumentLayout>(style_.thinking);
    thinking_->set_width(width - thinking_indent);
    thinking_source_.set_source(message.thinking.toUtf8());
    thinking_->set_blocks(thinking_source_.blocks());
  } else {
    thinking_.reset();
  }
  has_notice_ = message.state == MessageState::interrupted || message.state == MessageState::failed;
  waiting_ = message.state == MessageState::streaming && message.text.isEmpty();
  const QPointF before = body_at_;
  place(message);
  return wider || user_ || before != body_at_ || thinking_ ? 0 : body_at_.y() + unchanged;
}

void MessageItem::place(const Message&) {
  qreal y = top_gap;
  if (has_thinking_) {
    y += header_height;
    if (thinking_) {
      thinking_at_ = {thinking_indent, y + 4};
      y += thinking_->height() + 12;
    }
  }
  if (user_) {
    const qreal wide = body_->width();
    bubble_ = QRectF(width_ - wide - 2 * bubble_padding_x, y, wide + 2 * bubble_padding_x,
                     body_->height() + 2 * bubble_padding_y);
    body_at_ = bubble_.topLeft() + QPointF(bubble_padding_x, bubble_padding_y);
    y = bubble_.bottom();
  } else {
    body_at_ = {0, y};
    y += waiting_ ? style_.answer.body.pixelSize() * 1.6 : body_->height();
  }
  if (has_notice_) y += notice_height + 4;
  height_ = static_cast<int>(std::ceil(y)) + 4 + footer_height;
}

void MessageItem::release() {
  body_.reset();
  thinking_.reset();
  source_ = {};
  thinking_source_ = {};
}

void MessageItem::restyle() {
  if (body_) body_->restyle();
  if (thinking_) thinking_->restyle();
}

std::vector<MessageItem::CodeHeader> MessageItem::code_headers() const {
  std::vector<CodeHeader> headers;
  if (!body_) return headers;
  for (const markdown::DocumentLayout::CodeBox& box : body_->code_boxes()) {
    QRectF rect = box.rect.translated(body_at_);
    rect.setHeight(markdown::code_header_height);
    headers.push_back({rect.toRect(), body_->blocks()[box.block].code});
  }
  return headers;
}

bool MessageItem::text_at(QPointF point) const {
  if (!body_) return false;
  return QRectF(body_at_, QSizeF(body_->width(), body_->height())).contains(point);
}

void MessageItem::paint(QPainter& painter, const QRectF& clip, markdown::Range selection) const {
  if (!body_) return;
  painter.setRenderHint(QPainter::Antialiasing);
  if (user_) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(style_.palette.raised);
    painter.drawRoundedRect(bubble_, 8, 8);
  }
  if (thinking_) {
    painter.fillRect(QRectF(0, thinking_at_.y(), 2, thinking_->height()), style_.palette.border);
    painter.save();
    painter.translate(thinking_at_);
    thinking_->paint(painter, clip.translated(-thinking_at_), {});
    painter.restore();
  }
  if (waiting_) {
    painter.setFont(style_.answer.body);
    painter.setPen(style_.palette.secondary);
    painter.drawText(QRectF(body_at_, QSizeF(width_, style_.answer.body.pixelSize() * 1.6)), Qt::AlignVCenter,
                     has_thinking_ ? QCoreApplication::translate("MessageItem", "Thinking…")
                                   : QCoreApplication::translate("MessageItem", "Reading the conversation…"));
    return;
  }
  painter.save();
  painter.translate(body_at_);
  body_->paint(painter, clip.translated(-body_at_), selection);
  painter.restore();
}

}  // namespace diptych::chat
