// Rows of labelled fields that read the recipe that would run and write what differs from the goal's values.
#pragma once

#include <QWidget>
#include <functional>
#include <vector>

#include "ui/panels/finetune/draft_session.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSpinBox;

namespace diptych::finetune {

struct FieldChoice {
  QString name, title;
};

class RecipeForm : public QWidget {
  Q_OBJECT

 public:
  explicit RecipeForm(DraftSession* draft, QWidget* parent = nullptr);  // `draft` must outlive it

  // `key`: of the recipe; "optimizer.name" is the member of an object.
  QSpinBox* add_number(const QString& key, const QString& label, const QString& tip, int low, int high);
  QLineEdit* add_real(const QString& key, const QString& label, const QString& tip, double low, double high);
  // The same, which may also be left empty: then the recipe does not have it.
  QLineEdit* add_optional_real(const QString& key, const QString& label, const QString& tip, double low, double high);
  // Written as it is typed: as the recipe's value, or by `write`.
  QLineEdit* add_text(const QString& key, const QString& label, const QString& tip,
                      const std::function<void(const QString&)>& write = {});
  QCheckBox* add_flag(const QString& key, const QString& label, const QString& tip);
  QComboBox* add_choice(const QString& key, const QString& label, const QString& tip,
                        const QList<FieldChoice>& choices);
  QPlainTextEdit* add_lines(const QString& key, const QString& label, const QString& tip);  // a list of texts
  QLabel* add_title(const QString& text);
  void set_row_visible(QWidget* field, bool visible);
  void set_choices(QComboBox* box, const QList<FieldChoice>& choices);
  void refresh();
  void keep_fresh(const std::function<void()>& refresh) { refreshers_.push_back(refresh); }

 private:
  struct Row {
    QString key;
    QLabel* label = nullptr;
  };
  void add_row(const QString& key, const QString& label, QWidget* field, const QString& tip);
  api::Json value(const QString& key) const;  // null: there is none
  void write(const QString& key, const api::Json& value);
  bool is_changed(const QString& key) const;

  DraftSession* draft_;
  QFormLayout* form_;
  QList<Row> rows_;
  std::vector<std::function<void()>> refreshers_;
  bool refreshing_ = false;
};

// The member of a recipe that "optimizer.name" names; null where there is none. A text in place of an object is its
// member "name".
api::Json recipe_value(const api::Json& recipe, const QString& key);
api::Json recipe_patch(const QString& key, const api::Json& value);

}  // namespace diptych::finetune
