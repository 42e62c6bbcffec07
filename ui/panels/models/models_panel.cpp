#include "ui/panels/models/models_panel.h"

#include <QAction>
#include <QFileDialog>

#include "ui/client/text.h"
#include "ui/panels/chat/host_chat_service.h"
#include "ui/panels/models/model_details.h"
#include "ui/panels/models/models_page.h"

namespace diptych::ui {

ModelsPanel::ModelsPanel(HostLink* link, chat::HostChatService* service, QObject* parent)
    : Panel(parent),
      link_(link),
      service_(service),
      downloads_(link),
      page_(new ModelsPage(&table_)),
      details_(new ModelDetails) {
  connect(service_, &chat::ChatService::models_listed, this, &ModelsPanel::models_changed);
  connect(service_, &chat::HostChatService::catalogue_changed, this, &ModelsPanel::models_changed);
  connect(link, &HostLink::state_changed, page_,
          [page = page_.data()](HostLink::State state) { page->set_connected(state == HostLink::State::ready); });
  connect(page_, &ModelsPage::selected, this, &ModelsPanel::show_selected);
  connect(page_, &ModelsPage::activated, this, &ModelsPanel::act);
  connect(page_, &ModelsPage::open_file_requested, this, &ModelsPanel::open_file);
  connect(page_, &ModelsPage::open_folder_requested, this, &ModelsPanel::open_folder);
  connect(&downloads_, &Downloads::progressed, this,
          [this](const QString& name, const api::JobProgress& progress) { table_.set_download(name, progress); });
  connect(&downloads_, &Downloads::ended, this, [this](const QString& name, bool done, const QString& error) {
    table_.set_download(name, std::nullopt);
    show_selected();
    if (done) {
      service_->list_models();
      emit notice({Notice::Level::info, tr("%1 is on this computer now").arg(name), {}, {}});
    } else if (!error.isEmpty()) {
      emit notice({Notice::Level::error, error, tr("Try again"), [this, name] { downloads_.get(name); }});
    }
  });
  connect_details();
  make_actions();
}

ModelsPanel::~ModelsPanel() {
  for (QWidget* widget : QList<QWidget*>{page_, details_})
    if (widget && !widget->parent()) delete widget;
}

void ModelsPanel::connect_details() {
  connect(details_, &ModelDetails::load_requested, service_, &chat::ChatService::load_model);
  connect(details_, &ModelDetails::pictures_requested, this, &ModelsPanel::pictures_requested);
  connect(details_, &ModelDetails::unload_requested, service_, &chat::ChatService::unload_model);
  connect(details_, &ModelDetails::cancel_load_requested, service_, &chat::ChatService::cancel_load);
  connect(details_, &ModelDetails::get_requested, &downloads_, &Downloads::get);
  connect(details_, &ModelDetails::cancel_get_requested, &downloads_, &Downloads::cancel);
}

void ModelsPanel::make_actions() {
  const auto add = [this](const QString& text, auto run) {
    auto* action = new QAction(text, this);
    connect(action, &QAction::triggered, this, run);
    actions_ << action;
  };
  add(tr("Load or get the selected model"), [this] { act(page_->selected_key()); });
  add(tr("Unload the selected model"), [this] {
    if (const ModelRow* row = table_.row(page_->selected_key()); row && row->loaded())
      service_->unload_model(qt(row->model->id));
  });
  add(tr("Open a model file…"), [this] { open_file(); });
  add(tr("Open a model folder…"), [this] { open_folder(); });
}

QWidget* ModelsPanel::content() {
  return page_;
}
QWidget* ModelsPanel::inspector() {
  return details_;
}

void ModelsPanel::find() {
  page_->focus_filter();
}

void ModelsPanel::shown() {
  service_->list_models();
  fetch_last_used();
  if (page_->selected_key().isEmpty()) page_->select({});
  page_->focus_table();
}

bool ModelsPanel::cancel() {
  const ModelRow* row = table_.row(page_->selected_key());
  if (row && row->loading()) {
    service_->cancel_load(qt(row->model->id));
    return true;
  }
  if (row && row->download) {
    downloads_.cancel(qt(row->entry->name));
    return true;
  }
  return false;
}

void ModelsPanel::models_changed() {
  table_.set_models(service_->models(), service_->catalogue());
  for (const api::CatalogueModel& entry : service_->catalogue())
    if (!entry.job.empty() && !entry.fetched) downloads_.follow(qt(entry.name), qt(entry.job));
  show_selected();
}

void ModelsPanel::show_selected() {
  if (!details_ || !page_) return;
  const ModelRow* row = table_.row(page_->selected_key());
  details_->set_row(row);
  if (row && row->model && row->makes_pictures()) predict_memory(*row->model);
}

// The host predicts an image model's memory when it is asked about it, and tells it as a change of the model.
void ModelsPanel::predict_memory(const api::ModelInfo& model) {
  if (model.memory_bytes || model.state != api::ModelState::available || predicting_.contains(qt(model.id))) return;
  predicting_ << qt(model.id);
  link_->http()->post(QStringLiteral("/api/images/models"), api::Json{{"model", model.id}}, this, [](const Reply&) {});
}

void ModelsPanel::act(const QString& key) {
  const ModelRow* row = table_.row(key);
  if (!row) return;
  if (row->makes_pictures())
    emit pictures_requested(qt(row->model->id));
  else if (row->model && !row->loading())
    service_->load_model(qt(row->model->id));
  else if (!row->model && !row->download)
    downloads_.get(qt(row->entry->name));
}

void ModelsPanel::open_file() {
  auto* dialog = new QFileDialog(page_, tr("Open a model"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  dialog->setNameFilters({tr("Models (*.gguf *.safetensors)"), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, service_, &chat::ChatService::load_model);
  dialog->open();
}

void ModelsPanel::open_folder() {
  auto* dialog = new QFileDialog(page_, tr("Open a model folder"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::Directory);
  dialog->setOption(QFileDialog::ShowDirsOnly);
  connect(dialog, &QFileDialog::fileSelected, service_, &chat::ChatService::load_model);
  dialog->open();
}

// The host's jobs remember which model did what, and when.
void ModelsPanel::fetch_last_used() {
  link_->http()->get(QStringLiteral("/api/jobs?limit=1000"), this, [this](const Reply& reply) {
    if (!reply.ok()) return;
    QHash<QString, qint64> times_ms;
    try {
      std::vector<api::JobInfo> jobs;
      api::FieldReader reader(reply.json, "");
      reader("jobs", jobs);
      for (const api::JobInfo& job : jobs) {
        if (!job.subject.is_object() || !job.subject.contains("model") || !job.subject["model"].is_string()) continue;
        qint64& last = times_ms[qt(job.subject["model"].get<std::string>())];
        last = std::max<qint64>(last, std::max(job.created_ms, job.ended_ms));
      }
    } catch (const api::FieldError&) {
      return;
    }
    table_.set_last_used(times_ms);
  });
}

}  // namespace diptych::ui
