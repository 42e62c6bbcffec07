// List, content and inspector side by side. Where the window is narrow, the side columns fold away by themselves and
// come back with the room; what the user folds stays folded.
#pragma once

#include <QHash>
#include <QSplitter>
#include <optional>

class QStackedWidget;

namespace diptych::ui {

class Panel;

class Columns : public QSplitter {
  Q_OBJECT

 public:
  enum class Side { list, inspector };
  static constexpr int list_width = 260;
  static constexpr int inspector_width = 320;
  static constexpr int content_beside_list = 720;     // px of content below which the list folds
  static constexpr int content_beside_both = 620;     // px of content below which the inspector folds
  static constexpr int content_beside_leading = 400;  // below which an inspector folds in which the work starts

  explicit Columns(QWidget* parent = nullptr);

  void add(ui::Panel* panel);  // takes its widgets
  void show_panel(ui::Panel* panel);

  bool has(Side side) const;    // the panel that is shown has such a column
  bool shown(Side side) const;  // and it is on screen
  void set_wanted(Side side, bool wanted);
  void toggle(Side side);  // by what is seen: a column that folded by itself is brought back for as long as it is asked

  QByteArray save() const;
  void restore(const QByteArray& state);

 signals:
  void folds_changed();

 protected:
  void resizeEvent(QResizeEvent* event) override;
  QSplitterHandle* createHandle() override;

 private:
  struct Pages {
    QWidget* list = nullptr;
    QWidget* content = nullptr;
    QWidget* inspector = nullptr;
  };

  void arrange();
  QStackedWidget* stack(Side side) const { return side == Side::list ? list_ : inspector_; }

  QStackedWidget* list_;
  QStackedWidget* content_;
  QStackedWidget* inspector_;
  QHash<ui::Panel*, Pages> pages_;
  ui::Panel* panel_ = nullptr;
  bool wanted_[2]{true, true};
  std::optional<Side> forced_;  // shown although there is little room
  int widths_[2]{list_width, inspector_width};
  bool arranging_ = false;
};

}  // namespace diptych::ui
