#include "ui/panels/create/picture_rows.h"

#include <QCoreApplication>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QPointer>
#include <QToolButton>

#include "ui/panels/create/create_service.h"
#include "ui/theme/icons.h"
#include "ui/theme/typography.h"

namespace diptych::create {
namespace {

constexpr int row_picture_side = 40;

}  // namespace

QToolButton* small_button(const QString& icon_name, const QString& name, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setIcon(ui::icon(icon_name));
  button->setAutoRaise(true);
  button->setFixedSize(28, 28);
  button->setToolTip(name);
  button->setAccessibleName(name);
  return button;
}

QLabel* row_picture(CreateService* service, const QString& image, const QString& name, const QString& gone,
                    QWidget* row) {
  auto* label = new QLabel(row);
  label->setFixedSize(row_picture_side, row_picture_side);
  label->setAlignment(Qt::AlignCenter);
  label->setAccessibleName(name);
  if (!service->ready()) return label;
  service->fetch_input(
      image,
      [label = QPointer<QLabel>(label)](const QByteArray& bytes) {
        if (!label) return;
        const qreal ratio = label->devicePixelRatioF();
        QPixmap picture = QPixmap::fromImage(QImage::fromData(bytes).scaled(
            QSize(row_picture_side, row_picture_side) * ratio, Qt::KeepAspectRatio, Qt::SmoothTransformation));
        picture.setDevicePixelRatio(ratio);
        label->setPixmap(picture);
      },
      [label = QPointer<QLabel>(label), gone](const Failure& failure) {
        if (!label) return;
        label->setText(QStringLiteral("?"));
        label->setForegroundRole(QPalette::BrightText);
        label->setToolTip(gone.arg(failure.why));
        label->setAccessibleDescription(label->toolTip());
      });
  return label;
}

QDoubleSpinBox* add_row_field(QGridLayout* grid, int column, const QString& row_name, const QString& caption,
                              const QString& tip, double value, double most, int top) {
  QWidget* row = grid->parentWidget();
  auto* spin = new QDoubleSpinBox(row);
  spin->setRange(0, most);
  spin->setSingleStep(0.05);
  spin->setValue(value);
  spin->setToolTip(tip);
  spin->setAccessibleName(QStringLiteral("%1: %2").arg(row_name, tip));
  auto* label = new QLabel(caption, row);
  label->setFont(ui::text_font(ui::TextSize::caption));
  label->setForegroundRole(QPalette::PlaceholderText);
  label->setBuddy(spin);
  grid->addWidget(label, top, column);
  grid->addWidget(spin, top + 1, column);
  return spin;
}

void clear_rows(QVBoxLayout* rows) {
  while (QLayoutItem* item = rows->takeAt(0)) {
    item->widget()->deleteLater();
    delete item;
  }
}

void choose_picture(QWidget* parent, const QString& title, const std::function<void(const QByteArray&)>& then) {
  auto* dialog = new QFileDialog(parent, title);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  const char* context = "diptych::create";
  dialog->setNameFilters({QCoreApplication::translate(context, "Pictures (*.png *.jpg *.jpeg *.webp)"),
                          QCoreApplication::translate(context, "All files (*)")});
  QObject::connect(dialog, &QFileDialog::fileSelected, parent, [then](const QString& path) {
    QFile file(path);
    then(file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray());
  });
  dialog->open();
}

}  // namespace diptych::create
