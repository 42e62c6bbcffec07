#include "ui/panels/finetune/export_form.h"

#include <QComboBox>
#include <QDesktopServices>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QUrl>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/page_frame.h"
#include "ui/theme/style.h"

namespace diptych::finetune {

using ui::qt;
using ui::utf8;

namespace {

struct FormatWords {
  api::ExportFormat format;
  const char* title;
  const char* about;
};

// What text and image models can be written as; merged is for both.
QList<FormatWords> formats_of(const api::TrainingResult& result) {
  const FormatWords peft{api::ExportFormat::peft, QT_TR_NOOP("PEFT"),
                         QT_TR_NOOP("A folder with adapter_config.json, for transformers and vLLM")};
  const FormatWords gguf{api::ExportFormat::gguf, QT_TR_NOOP("GGUF adapter"),
                         QT_TR_NOOP("One file for llama.cpp and what is built on it")};
  const FormatWords kohya{
      api::ExportFormat::kohya, QT_TR_NOOP("kohya"),
      QT_TR_NOOP("One safetensors file for ComfyUI, A1111 and Forge, with its training in the header")};
  const FormatWords diffusers{api::ExportFormat::diffusers, QT_TR_NOOP("diffusers"),
                              QT_TR_NOOP("One safetensors file for load_lora_weights()")};
  const FormatWords merged{api::ExportFormat::merged, QT_TR_NOOP("Merged model"),
                           QT_TR_NOOP("The whole model with what was learnt inside; needs no adapter any more")};
  if (result.is_embedding)
    return {{api::ExportFormat::kohya, QT_TR_NOOP("A1111, ComfyUI"),
             QT_TR_NOOP("One safetensors file for a folder “embeddings”; what it is called is the word")},
            {api::ExportFormat::diffusers, QT_TR_NOOP("diffusers"),
             QT_TR_NOOP("For load_textual_inversion(): a safetensors file, of SDXL one for each text encoder")}};
  if (!result.is_adapter) return {merged};
  if (result.kind == api::TrainingKind::text) return {peft, gguf, merged};
  return {kohya, diffusers, peft, merged};
}

}  // namespace

ExportForm::ExportForm(FinetuneController* controller, QWidget* parent)
    : QWidget(parent),
      controller_(controller),
      format_(new QComboBox(this)),
      type_(new QComboBox(this)),
      folder_(new QLineEdit(this)),
      export_(new QPushButton(tr("Export"), this)),
      about_(make_quiet({}, this)),
      done_(make_quiet({}, this)),
      show_(new QPushButton(tr("Show in its folder"), this)) {
  format_->setObjectName(QStringLiteral("exportFormat"));
  format_->setAccessibleName(tr("Format of the export"));
  type_->setObjectName(QStringLiteral("exportType"));
  type_->setAccessibleName(tr("Number format of the export"));
  for (QComboBox* box : {format_, type_}) box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  folder_->setObjectName(QStringLiteral("exportFolder"));
  folder_->setAccessibleName(tr("Folder to export into"));
  folder_->setText(QDir::toNativeSeparators(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)));
  export_->setObjectName(QStringLiteral("export"));
  done_->setObjectName(QStringLiteral("exported"));
  done_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  auto* choose = new QPushButton(tr("Choose…"), this);
  for (QPushButton* button : {choose, export_, show_}) button->setAutoDefault(false);
  auto* row = new QHBoxLayout;
  row->setSpacing(ui::grid);
  row->addWidget(folder_, 1);
  row->addWidget(choose);
  row->addWidget(export_);
  auto* kinds = new QHBoxLayout;
  kinds->setSpacing(ui::grid);
  kinds->addWidget(format_);
  kinds->addWidget(type_);
  kinds->addWidget(about_, 1);
  auto* end = new QHBoxLayout;
  end->addWidget(done_, 1);
  end->addWidget(show_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  column->addLayout(kinds);
  column->addLayout(row);
  column->addLayout(end);
  connect(choose, &QPushButton::clicked, this, &ExportForm::choose_folder);
  connect(export_, &QPushButton::clicked, this, &ExportForm::run);
  connect(format_, &QComboBox::currentIndexChanged, this, &ExportForm::explain);
  connect(folder_, &QLineEdit::textChanged, this, &ExportForm::refresh);
  connect(controller, &FinetuneController::export_changed, this, &ExportForm::refresh);
  connect(controller, &FinetuneController::opened, this, &ExportForm::refresh);
  connect(show_, &QPushButton::clicked, this, [this] {
    const QFileInfo written(controller_->exported());
    QDesktopServices::openUrl(QUrl::fromLocalFile(written.isDir() ? written.filePath() : written.path()));
  });
  refresh();
}

void ExportForm::set_result(const api::TrainingResult& result) {
  const bool same = format_->count() > 0 && result.kind == result_.kind && result.is_adapter == result_.is_adapter &&
                    result.is_embedding == result_.is_embedding;
  result_ = result;
  if (same) return;
  format_->clear();
  for (const FormatWords& one : formats_of(result)) format_->addItem(tr(one.title), static_cast<int>(one.format));
  explain();
}

void ExportForm::explain() {
  const auto format = static_cast<api::ExportFormat>(format_->currentData().toInt());
  for (const FormatWords& one : formats_of(result_))
    if (one.format == format) about_->setText(tr(one.about));
  const QString before = type_->currentData().toString();
  type_->clear();
  if (format == api::ExportFormat::merged && result_.kind == api::TrainingKind::image) {
    type_->addItem(tr("as in the base"), QStringLiteral("f32"));
    return;
  }
  type_->addItem(tr("f32, exact"), QStringLiteral("f32"));
  if (result_.is_embedding) return;  // some kilobytes
  type_->addItem(tr("f16, half the size"), QStringLiteral("f16"));
  type_->addItem(tr("bf16"), QStringLiteral("bf16"));
  if (format == api::ExportFormat::merged && result_.kind == api::TrainingKind::text)
    for (const char* name : {"q8_0", "q4_0"}) type_->addItem(QLatin1String(name), QLatin1String(name));
  type_->setCurrentIndex(std::max(0, type_->findData(before)));
}

void ExportForm::choose_folder() {
  auto* dialog = new QFileDialog(this, tr("Export into"), folder_->text());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, folder_, &QLineEdit::setText);
  dialog->open();
}

void ExportForm::run() {
  api::ExportBody body;
  body.format = static_cast<api::ExportFormat>(format_->currentData().toInt());
  body.folder = utf8(QDir::fromNativeSeparators(folder_->text().trimmed()));
  body.result = result_.path;
  body.dtype = utf8(type_->currentData().toString());
  controller_->export_run(body);
}

void ExportForm::refresh() {
  const bool busy = controller_->exporting();
  export_->setEnabled(!busy && !folder_->text().trimmed().isEmpty());
  export_->setText(busy ? tr("Exporting…") : tr("Export"));
  const QString& path = controller_->exported();
  done_->setText(path.isEmpty() ? QString() : tr("Written, read back and compared: %1").arg(path));
  done_->setVisible(!path.isEmpty());
  show_->setVisible(!path.isEmpty() && controller_->service()->local());
}

}  // namespace diptych::finetune
