#include "ui/panels/create/missing_model.h"

#include <algorithm>

#include "ui/client/text.h"
#include "ui/widgets/quantity.h"

namespace diptych::create {

using ui::qt;

MissingModel::MissingModel(CreateService* service, QObject* parent) : QObject(parent), service_(service) {
  connect(service, &CreateService::catalogue_listed, this, [this](const std::vector<api::CatalogueModel>& catalogue) {
    catalogue_ = catalogue;
    emit changed();
  });
  connect(service, &CreateService::get_progressed, this, [this](const QString& name, const api::JobProgress& progress) {
    getting_ = name;
    progress_ = progress;
    emit changed();
  });
  connect(service, &CreateService::get_ended, this, [this](const QString& name, bool, const QString& error) {
    if (name != getting_) return;
    getting_.clear();
    progress_ = {};
    if (!error.isEmpty()) emit failed({tr("Cannot get %1").arg(name), error, {}});
    emit changed();
  });
}

void MissingModel::set_chosen(const std::optional<api::ModelInfo>& model) {
  chosen_ = model;
  emit changed();
}

const api::CatalogueModel* MissingModel::needed() const {
  if (!chosen_ || chosen_->needs.empty()) return nullptr;
  const auto found = std::ranges::find(catalogue_, chosen_->needs, &api::CatalogueModel::name);
  return found == catalogue_.end() ? nullptr : &*found;
}

QString MissingModel::why() const {
  const api::CatalogueModel* model = needed();
  if (!model) return {};
  return tr("%1 reads prompts with the language model %2, which is not on this computer yet. Licence: %3.")
      .arg(qt(chosen_->name), qt(model->title), qt(model->licence));
}

QString MissingModel::get_title() const {
  const api::CatalogueModel* model = needed();
  return model ? tr("Get it · %1").arg(ui::format_bytes(static_cast<double>(model->size_bytes))) : QString();
}

QString MissingModel::progress_line() const {
  if (!getting()) return {};
  if (progress_.phase == "verifying") return tr("Checking the file");
  if (progress_.phase == "unpacking") return tr("Unpacking");
  if (progress_.total_bytes <= 0) return tr("Connecting");
  QString line = ui::format_bytes_of(static_cast<double>(progress_.bytes), static_cast<double>(progress_.total_bytes));
  if (progress_.bytes_per_s > 0)
    line += tr(" · ≈ %1 left")
                .arg(ui::format_duration_s(static_cast<double>(progress_.total_bytes - progress_.bytes) /
                                           progress_.bytes_per_s));
  return line;
}

void MissingModel::get() {
  const api::CatalogueModel* model = needed();
  if (!model || getting()) return;
  getting_ = qt(model->name);
  progress_ = {};
  emit changed();
  service_->get_model(getting_);
}

void MissingModel::cancel() {
  if (getting()) service_->cancel_get(getting_);
}

}  // namespace diptych::create
