// The conversation: streamed messages in one column. Only what is on screen (and a margin) is laid out; what a stream
// adds is drawn once per frame; the reader's place never moves unless the view stands at the end.
#pragma once

#include <QAbstractScrollArea>
#include <QTimer>
#include <memory>
#include <vector>

#include "ui/panels/chat/chat_style.h"
#include "ui/panels/chat/message_item.h"
#include "ui/panels/chat/message_widgets.h"
#include "ui/panels/chat/thread_model.h"

class QPushButton;

namespace diptych::chat {

class MessageView : public QAbstractScrollArea {
  Q_OBJECT

 public:
  explicit MessageView(QWidget* parent = nullptr);
  ~MessageView() override;

  void set_model(ThreadModel* model);  // not owned; must outlive the view
  ThreadModel* model() const { return model_; }
  void set_style(const ChatStyle& style);
  void set_busy(bool busy);  // an answer is being written: actions that would start another are disabled

  bool at_end() const { return following_; }
  void jump_to_end();
  int current_row() const { return current_; }  // the message that keys act on, -1: none
  void set_current_row(int row);

  QString selected_text() const;
  QRect message_rect(int row) const;  // in viewport coordinates, whether visible or not
  int first_visible_row() const;
  const MessageItem* item(int row) const;

  int find(const QString& words);  // how many matches; case does not matter
  int match_in_view() const;       // -1: none
  void show_match(int index);      // selects it and scrolls it into view
  void clear_matches();

  // Figures of the frames drawn so far, for tests: time of the UI thread per frame, in milliseconds.
  const std::vector<double>& frame_times_ms() const { return frame_times_ms_; }

 signals:
  void action(const QString& id, diptych::chat::MessageAction action);
  void copy_text(const QString& text, const QString& what);
  void link_activated(const QString& address);
  void at_end_changed(bool at_end);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void contextMenuEvent(QContextMenuEvent* event) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  struct Row {
    MessageItem item;
    int top = 0;
    bool dirty = true;
  };
  struct Anchor {
    QString id;
    int offset = 0;  // of the message's top from the viewport's
  };
  struct Selection {
    QString id;
    int anchor = 0;
    int cursor = 0;
    markdown::Range range() const { return {std::min(anchor, cursor), std::max(anchor, cursor)}; }
  };

  void rebuild();
  void rows_inserted(int first, int last);
  void rows_removed(int first, int last);
  void row_changed(int first, int last);
  void schedule();
  void frame();
  void relayout();         // positions, scroll bar, reader's place
  bool lay_out_visible();  // false: heights changed, positions must be taken again
  void take_positions();
  void place_widgets();
  Anchor anchor() const;
  int column_width() const;
  int column_x() const;
  int content_height() const;
  int row_at(int y) const;  // y in content coordinates
  QPointF to_item(int row, QPoint point) const;
  markdown::Range selection_of(const QString& id) const;
  void extend_selection(QPoint point);
  void scroll_while_dragging();
  void toggle_thinking(const QString& id);
  void show_menu(int row, QPoint global);
  void copy_selection_or_message();
  void update_end_button();

  ThreadModel* model_ = nullptr;
  ChatStyle style_;
  std::vector<std::unique_ptr<Row>> rows_;
  std::vector<std::unique_ptr<MessageWidgets>> widgets_;
  QPushButton* end_button_;
  QTimer frame_timer_;
  QTimer drag_timer_;  // scrolls while a selection is dragged beyond the edge
  QPoint drag_at_;
  int current_ = -1;
  bool busy_ = false;
  bool following_ = true;
  bool adjusting_ = false;  // the view itself moves the scroll bar
  bool dragging_ = false;
  Selection selection_;
  std::vector<Selection> matches_;
  QString pressed_link_;
  qreal dirty_from_ = -1;  // content y from which pixels changed since the last frame, -1: nowhere
  std::vector<double> frame_times_ms_;
  double paint_ms_ = 0;
};

}  // namespace diptych::chat
