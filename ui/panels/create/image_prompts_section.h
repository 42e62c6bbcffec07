// Pictures that the result is to resemble (IP-Adapter): by what adapter each is read, and how strongly it counts.
#pragma once

#include <QWidget>
#include <functional>

class QComboBox;
class QLabel;
class QMenu;
class QVBoxLayout;

namespace diptych::create {

class CreateController;

class ImagePromptsSection : public QWidget {
  Q_OBJECT

 public:
  explicit ImagePromptsSection(CreateController* controller,
                               QWidget* parent = nullptr);  // `controller` must outlive it

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  // Which adapter: `chosen` hears its name. `label`: "%1…" where something is asked for next.
  QMenu* adapter_menu(const QString& label, const std::function<void(const QString& adapter)>& chosen);
  void add(const QString& adapter, const QByteArray& picture);
  void list_files();
  void show_prompts();
  QWidget* make_row(size_t index);
  QComboBox* make_encoder(size_t index, const QString& current, QWidget* row);
  void set_dragged_over(bool over);

  CreateController* controller_;
  QLabel* hint_;
  QVBoxLayout* rows_;
  QStringList shown_;  // adapter, picture and encoder of each row
  bool dragged_over_ = false;
};

}  // namespace diptych::create
