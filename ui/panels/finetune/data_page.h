// Step 2: what is learnt from, and what the host found in it.
#pragma once

#include "ui/panels/finetune/page_frame.h"
#include "ui/panels/finetune/picture_model.h"

class QBoxLayout;
class QListView;
class QProgressBar;
class QTabBar;
class QTextBrowser;
class QToolButton;
class QStackedWidget;

namespace diptych::ui {
class ElidedLabel;
}

namespace diptych::finetune {

class DataSources;
class FactsGrid;
class FinetuneController;
class Histogram;
class ValidationRow;

class DataPage : public PageFrame {
  Q_OBJECT

 public:
  explicit DataPage(FinetuneController* controller, QWidget* parent = nullptr);  // `controller` must outlive it

  DataSources* sources() const { return sources_; }
  QListView* pictures() const { return pictures_; }
  QTextBrowser* text() const { return text_; }
  QTabBar* tabs() const { return tabs_; }

 protected:
  void changeEvent(QEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  enum Tab { examples, problems };

  QWidget* make_summary();
  QWidget* make_pager();
  void make_pictures();
  void refresh();
  void show_tab();

  FinetuneController* controller_;
  DataSources* sources_;
  ValidationRow* validation_;
  QLabel* status_;
  QProgressBar* busy_;
  QWidget* summary_;
  QBoxLayout* summary_line_ = nullptr;
  Histogram* histogram_;
  FactsGrid* facts_;
  QTabBar* tabs_;
  ui::ElidedLabel* legend_;
  QWidget* shown_ = nullptr;  // around the examples and pictures
  QStackedWidget* stack_;
  QTextBrowser* text_;
  PictureModel picture_model_;
  QListView* pictures_;
  QWidget* pager_;
  QToolButton* earlier_ = nullptr;
  QToolButton* later_ = nullptr;
  QLabel* range_ = nullptr;
};

}  // namespace diptych::finetune
