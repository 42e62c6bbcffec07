// Top of the conversation: the loaded model, its loading progress, and a popup with those that could be loaded.
#pragma once

#include <QStyledItemDelegate>
#include <QWidget>

#include "ui/panels/chat/chat_style.h"
#include "ui/panels/chat/model_list_model.h"

class QComboBox;
class QFrame;
class QLabel;
class QListView;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace diptych::chat {

class ModelDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  using QStyledItemDelegate::QStyledItemDelegate;
  void set_style(const ChatStyle& style) { style_ = style; }
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

 private:
  ChatStyle style_;
};

class ModelPicker : public QWidget {
  Q_OBJECT

 public:
  explicit ModelPicker(ModelListModel* models, QWidget* parent = nullptr);

  void set_style(const ChatStyle& style);
  void open_popup();
  QListView* list() const { return list_; }

 signals:
  void load_requested(const QString& id_or_path);
  void cancel_requested(const QString& id);
  void unload_requested(const QString& id);
  void keep_alive_changed(const QString& id, int seconds);
  void popup_opened();  // predictions should be fresh

 private:
  void build_popup();
  void refresh();
  void choose(const QModelIndex& index);
  void open_file();
  void open_folder();

  ModelListModel* models_;
  ModelDelegate* delegate_;
  QToolButton* button_;
  QLabel* detail_;
  QProgressBar* progress_;
  QToolButton* cancel_;
  QFrame* popup_;
  QListView* list_;
  QLabel* empty_;
  QWidget* loaded_row_;
  QComboBox* keep_alive_;
  QPushButton* unload_;
};

}  // namespace diptych::chat
