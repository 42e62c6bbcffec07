// One message as the view shows it: thinking section, bubble or answer, notice, and the places of its buttons.
// Coordinates are the message's own: x from 0 to the column's width, y from 0 down, in pixels.
#pragma once

#include <memory>

#include "ui/markdown/document_layout.h"
#include "ui/markdown/streaming_document.h"
#include "ui/panels/chat/chat_style.h"
#include "ui/panels/chat/message.h"

namespace diptych::chat {

class MessageItem {
 public:
  static constexpr int header_height = 28;  // of the thinking section
  static constexpr int footer_height = 30;
  static constexpr int notice_height = 44;
  static constexpr int top_gap = 20;

  MessageItem(const QString& id, const ChatStyle& style) : id_(id), style_(style) {}  // `style` must outlive it

  const QString& id() const { return id_; }
  void set_id(const QString& id) { id_ = id; }

  // Takes over the message's state; returns the y above which nothing changed when it was laid out already.
  qreal update(const Message& message, int width);
  void estimate(const Message& message, int width);  // a height without the cost of a layout
  void release();                                    // gives the layout back, keeps the height
  void restyle();
  bool laid_out() const { return body_ != nullptr; }
  int height() const { return height_; }

  bool thinking_open() const { return thinking_open_; }
  void set_thinking_open(bool open) { thinking_open_ = open; }

  bool has_thinking() const { return has_thinking_; }
  bool has_notice() const { return has_notice_; }
  QRect thinking_header() const { return {-8, top_gap, width_ + 8, header_height}; }
  QRect notice() const { return {0, height_ - footer_height - notice_height, width_, notice_height}; }
  QRect footer() const { return {0, height_ - footer_height, width_, footer_height}; }
  struct CodeHeader {
    QRect rect;
    QString code;
  };
  std::vector<CodeHeader> code_headers() const;

  // Characters of the body, see DocumentLayout. Only while laid out.
  const markdown::DocumentLayout& body() const { return *body_; }
  QPointF body_origin() const { return body_at_; }
  bool text_at(QPointF point) const;
  void paint(QPainter& painter, const QRectF& clip, markdown::Range selection) const;

 private:
  void place(const Message& message);

  QString id_;
  const ChatStyle& style_;
  markdown::StreamingDocument source_, thinking_source_;
  std::unique_ptr<markdown::DocumentLayout> body_, thinking_;
  bool user_ = false;
  bool waiting_ = false;  // streaming, with nothing to show yet
  bool has_thinking_ = false;
  bool has_notice_ = false;
  bool thinking_open_ = false;
  int width_ = 0;
  int height_ = 0;
  QPointF body_at_, thinking_at_;
  QRectF bubble_;
};

}  // namespace diptych::chat
