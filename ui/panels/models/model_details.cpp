#include "ui/panels/models/model_details.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include "ui/client/text.h"
#include "ui/theme/style.h"
#include "ui/theme/theme.h"
#include "ui/theme/typography.h"
#include "ui/widgets/quantity.h"

namespace diptych::ui {

ModelDetails::ModelDetails(QWidget* parent)
    : QScrollArea(parent),
      page_(new QWidget(this)),
      title_(new QLabel(page_)),
      status_(new QLabel(page_)),
      progress_(new QProgressBar(page_)),
      button_(new QPushButton(page_)),
      facts_(new QGridLayout) {
  setFrameShape(QFrame::NoFrame);
  setWidgetResizable(true);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setAccessibleName(tr("Details of the model"));
  page_->setBackgroundRole(QPalette::Base);
  page_->setAutoFillBackground(true);
  auto* column = new QVBoxLayout(page_);
  column->setContentsMargins(2 * grid, 2 * grid, 2 * grid, 2 * grid);
  column->setSpacing(grid);
  title_->setFont(text_font(TextSize::reading, QFont::DemiBold));
  for (QLabel* label : {title_, status_}) {
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(label);
  }
  progress_->setRange(0, 1000);
  progress_->setAccessibleName(tr("Progress"));
  progress_->setTextVisible(false);
  progress_->setFixedHeight(6);
  column->addWidget(progress_);
  column->addWidget(button_, 0, Qt::AlignLeft);
  column->addSpacing(grid);
  facts_->setHorizontalSpacing(2 * grid);
  facts_->setVerticalSpacing(6);
  facts_->setColumnStretch(1, 1);
  column->addLayout(facts_);
  column->addStretch(1);
  setWidget(page_);
  connect(button_, &QPushButton::clicked, this, [this] {
    if (run_) run_();
  });
  set_row(nullptr);
}

void ModelDetails::add_fact(const QString& label, const QString& text, const QString& tip) {
  if (text.isEmpty()) return;
  auto* name = new QLabel(label, page_);
  name->setForegroundRole(QPalette::PlaceholderText);
  auto* value = new QLabel(text, page_);
  value->setWordWrap(true);
  value->setTextFormat(Qt::PlainText);
  value->setTextInteractionFlags(Qt::TextSelectableByMouse);
  value->setToolTip(tip);
  const int row = facts_->rowCount();
  facts_->addWidget(name, row, 0, Qt::AlignTop);
  facts_->addWidget(value, row, 1, Qt::AlignTop);
}

void ModelDetails::set_button(const QString& text, bool primary, const std::function<void()>& run) {
  run_ = run;
  button_->setText(text);
  if (button_->property("primary").toBool() != primary) {
    button_->setProperty("primary", primary);
    button_->update();
  }
  button_->show();
}

void ModelDetails::set_row(const ModelRow* row) {
  while (QLayoutItem* item = facts_->takeAt(0)) {
    delete item->widget();
    delete item;
  }
  progress_->hide();
  button_->hide();
  run_ = nullptr;
  QPalette tint;
  const auto set_tint = [&tint](const QColor& color) {
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text}) tint.setColor(role, color);
  };
  set_tint(theme_palette().secondary);
  if (!row) {
    title_->setText(tr("No model is selected"));
    status_->setText(tr("Select one in the table to see what it needs."));
    status_->setPalette(tint);
    return;
  }
  title_->setText(row->name());
  if (row->model) {
    const api::ModelInfo& model = *row->model;
    const QString id = qt(model.id);
    QString status = tr("On this computer");
    switch (model.state) {
      case api::ModelState::loaded:
        status = tr("Loaded");
        set_button(tr("Unload"), false, [this, id] { emit unload_requested(id); });
        break;
      case api::ModelState::loading:
        status = tr("Loading…");
        progress_->setValue(static_cast<int>(model.load_progress * 1000));
        progress_->setAccessibleName(tr("Loading the model"));
        progress_->show();
        set_button(tr("Cancel"), false, [this, id] { emit cancel_load_requested(id); });
        break;
      case api::ModelState::failed:
      case api::ModelState::available:
        if (model.error) {
          status = qt(model.error->message);
          set_tint(theme_palette().danger);
        } else if (model.memory_bytes && model.free_bytes) {
          const bool fits = *model.memory_bytes <= *model.free_bytes;
          status = fits ? tr("Fits into the free memory")
                        : tr("%1 too large for the free memory")
                              .arg(format_bytes(static_cast<double>(*model.memory_bytes - *model.free_bytes)));
          set_tint(fits ? theme_palette().positive : theme_palette().danger);
        }
        if (row->makes_pictures())
          set_button(tr("Make pictures"), true, [this, id] { emit pictures_requested(id); });
        else
          set_button(tr("Load"), true, [this, id] { emit load_requested(id); });
        break;
    }
    status_->setText(status);
  } else {
    const QString name = qt(row->entry->name);
    if (row->download) {
      const api::JobProgress& download = *row->download;
      const double left = static_cast<double>(download.total_bytes - download.bytes);
      QString status = tr("%1 of %2")
                           .arg(format_bytes(static_cast<double>(download.bytes)),
                                format_bytes(static_cast<double>(download.total_bytes)));
      if (download.bytes_per_s > 0)
        status += tr(", %1/s, %2 left")
                      .arg(format_bytes(download.bytes_per_s), format_duration_s(left / download.bytes_per_s));
      if (download.phase != "downloading" && !download.phase.empty()) status = qt(download.phase) + QStringLiteral("…");
      status_->setText(status);
      progress_->setValue(static_cast<int>(download.progress * 1000));
      progress_->setAccessibleName(tr("Getting the model"));
      progress_->show();
      set_button(tr("Cancel"), false, [this, name] { emit cancel_get_requested(name); });
    } else {
      status_->setText(tr("Not on this computer yet"));
      set_button(tr("Get %1").arg(format_bytes(row->size_bytes())), true, [this, name] { emit get_requested(name); });
    }
  }
  status_->setPalette(tint);
  add_fact(tr("Family"), row->family());
  add_fact(tr("Licence"), row->licence());
  add_fact(tr("Size"), format_bytes(row->size_bytes()));
  if (!row->model) return;
  const api::ModelInfo& model = *row->model;
  if (model.parameters > 0) add_fact(tr("Parameters"), format_count(static_cast<double>(model.parameters)));
  add_fact(tr("Quantization"), qt(model.quantization));
  if (model.memory_bytes)
    add_fact(tr("Memory"),
             (row->loaded() ? QStringLiteral("● ") : QStringLiteral("◐ ")) +
                 format_bytes(static_cast<double>(*model.memory_bytes)),
             row->loaded() ? tr("● counter: what the engine holds for it")
                           : tr("◐ modelled: by the model's own code on the meta device"));
  if (model.free_bytes)
    add_fact(tr("Free"), QStringLiteral("● ") + format_bytes(static_cast<double>(*model.free_bytes)));
  if (model.tokens_per_s)
    add_fact(tr("Speed here"), QStringLiteral("◐ ") + format_quantity(*model.tokens_per_s, tr("tokens/s")),
             tr("◐ modelled: bytes per token over this machine's measured bandwidth"));
  if (model.context_tokens > 0)
    add_fact(tr("Context"), tr("%1 tokens").arg(QLocale().toString(static_cast<qlonglong>(model.context_tokens))));
  if (model.context_length > 0)
    add_fact(tr("Made for"), tr("%1 tokens").arg(QLocale().toString(static_cast<qlonglong>(model.context_length))));
  add_fact(tr("Calls itself"), qt(model.name));
  add_fact(tr("Belongs to"), qt(model.origin), tr("The program whose folder it is in; it stays there"));
  add_fact(tr("File"), qt(model.path));
}

}  // namespace diptych::ui
