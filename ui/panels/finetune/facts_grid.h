// Two columns of names and figures.
#pragma once

#include <QWidget>

class QGridLayout;

namespace diptych::finetune {

class FactsGrid : public QWidget {
  Q_OBJECT

 public:
  explicit FactsGrid(QWidget* parent = nullptr);

  void clear();
  void add(const QString& name, const QString& value, const QString& tip = {});
  void set_lines(const QStringList& lines);  // "name\tvalue"
  QString value(const QString& name) const;  // empty: there is none

 private:
  QGridLayout* grid_;
};

}  // namespace diptych::finetune
