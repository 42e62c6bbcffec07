#include "ui/panels/create/create_controller.h"

#include <algorithm>

#include "ui/client/text.h"

namespace diptych::create {

using ui::qt;
using ui::utf8;

namespace {

constexpr int estimate_pause_ms = 200;
constexpr int kept_pictures_kb = 256 * 1024;

// What a model's description depends on.
std::string parts_key(const api::ImageSettings& settings) {
  std::string key = settings.model + "\n" + settings.vae + "\n" + settings.prediction + "\n" + settings.quantize;
  for (const std::string& encoder : settings.text_encoders) key += "\n" + encoder;
  return key;
}

// What no recipe holds, as it is about this computer and how many are wanted, stays as it is now.
void keep_unrestored(const std::vector<std::string>& restored, const api::ImageSettings& now,
                     api::ImageSettings& settings) {
  const auto keep = [&](const std::string& name, auto field) {
    if (std::ranges::find(restored, name) == restored.end()) settings.*field = now.*field;
  };
  if (!settings.upscale) keep("batch", &api::ImageSettings::batch);  // one picture is enlarged at a time
  keep("count", &api::ImageSettings::count);
  keep("preview", &api::ImageSettings::preview);
  keep("sequential_guidance", &api::ImageSettings::sequential_guidance);
  keep("tiled_vae", &api::ImageSettings::tiled_vae);
  keep("low_memory", &api::ImageSettings::low_memory);
}

}  // namespace

CreateController::CreateController(CreateService* service, QObject* parent)
    : QObject(parent),
      service_(service),
      gallery_(service),
      input_(service, &store_),
      missing_(service),
      pictures_(kept_pictures_kb) {
  estimate_timer_.setSingleShot(true);
  estimate_timer_.setInterval(estimate_pause_ms);
  connect(&estimate_timer_, &QTimer::timeout, this, &CreateController::ask_estimate);
  connect(&store_, &SettingsStore::changed, this, [this] {
    if (parts_key(store_.settings()) != described_) describe_model();
    show_missing();
    estimate_timer_.start();
  });
  connect(&input_, &InputPicture::failed, this, &CreateController::tell);
  connect(&missing_, &MissingModel::failed, this, &CreateController::tell);
  connect(&queue_, &QueueModel::reordered, service_, &CreateService::reorder_queue);
  connect_service();
}

void CreateController::connect_service() {
  connect(service_, &CreateService::ready_changed, this, [this](bool ready) {
    if (ready) start();
    emit estimate_changed();
  });
  connect(service_, &CreateService::models_listed, this, &CreateController::models_listed);
  connect(service_, &CreateService::model_described, this, [this](const api::ImageModelInfo& model) {
    if (!std::exchange(opening_, {}).empty()) {
      opened_ = model.id;
      return service_->list_models();
    }
    if (model.id != store_.settings().model) return;
    description_failure_.reset();
    store_.set_model(model);
    emit estimate_changed();
    estimate_timer_.start();
  });
  connect(service_, &CreateService::not_described, this, [this](const Failure& failure) {
    if (!std::exchange(opening_, {}).empty()) return tell(failure);
    description_failure_ = failure;
    estimate_.reset();
    emit estimate_changed();
  });
  connect(service_, &CreateService::files_listed, this, [this](const std::vector<api::ImageFile>& files) {
    files_ = files;
    emit files_changed();
  });
  connect(service_, &CreateService::estimated, this,
          [this](const api::ImageSettings&, const api::ImageEstimate& estimate) {
            estimate_ = estimate;
            estimate_failure_.reset();
            emit estimate_changed();
          });
  connect(service_, &CreateService::not_estimated, this, [this](const Failure& failure) {
    estimate_.reset();
    estimate_failure_ = failure;
    emit estimate_changed();
  });
  connect(service_, &CreateService::not_started, this, &CreateController::tell);
  connect(service_, &CreateService::failed, this, &CreateController::tell);
  connect(service_, &CreateService::queue_listed, this, &CreateController::queue_listed);
  connect(service_, &CreateService::progressed, this, [this](const QString& job, const api::ImageProgress& progress) {
    queue_.set_progress(job, progress);
    progress_ = progress;
    emit progress_changed();
  });
  connect(service_, &CreateService::previewed, this, [this](const QString&, const QImage& picture) {
    if (!live_) return;
    shown_.clear();
    shown_info_.reset();
    picture_ = picture;
    emit picture_changed();
  });
  connect(service_, &CreateService::image_changed, this, &CreateController::image_changed);
  // What it took is known now, and so is what the next one will take.
  connect(service_, &CreateService::job_ended, this, [this] { estimate_timer_.start(); });
  // What was made last is what one comes back to.
  connect(&gallery_, &QAbstractItemModel::modelReset, this, [this] {
    if (gallery_.rowCount() > 0) latest_ms_ = std::max<qint64>(latest_ms_, gallery_.image(0)->created_ms);
    if (picture_.isNull() && shown_.isEmpty() && !busy() && gallery_.rowCount() > 0) {
      show_image(qt(gallery_.image(0)->id));
      set_live();
    }
  });
  connect(service_, &CreateService::recipe_read, this, [this](const api::RestoredSettings& restored) {
    api::ImageSettings settings = restored.settings;
    if (!model_named(settings.model)) settings.model = store_.settings().model;  // the notice says which it was
    keep_unrestored(restored.restored, store_.settings(), settings);
    replace_settings(settings);
    emit this->restored(restored);
  });
}

void CreateController::look_again() {
  if (!service_->ready()) return;
  service_->list_models();
  service_->list_files();
}

void CreateController::start() {
  if (!service_->ready()) return;
  look_again();
  service_->list_queue();
  gallery_.refresh();
  estimate_timer_.start();  // the last one may have failed without the host
}

void CreateController::tell(const Failure& failure) {
  emit noticed({ui::Notice::Level::error, failure.text(), {}, {}});
}

void CreateController::models_listed(const std::vector<api::ModelInfo>& models) {
  models_ = models;
  std::ranges::stable_partition(models_, [](const api::ModelInfo& one) { return !one.shipped; });
  models_known_ = true;
  emit models_changed();
  if (const std::string opened = std::exchange(opened_, {}); model_named(opened)) choose_model(qt(opened));
  const std::string wanted = store_.settings().model;
  const api::ModelInfo* there = model_named(wanted);
  const api::ModelInfo* usual = usual_model();
  if (usual && (!there || (store_.proposed() && usual->id != wanted)))
    store_.propose_model(std::string(usual->id));
  else if (there && (!store_.model() || store_.model()->id != wanted || description_failure_))
    describe_model();  // once for each list, whatever comes of it: describing asks for no list
  show_missing();
  emit estimate_changed();
}

const api::ModelInfo* CreateController::model_named(const std::string& id) const {
  const auto found = std::ranges::find(models_, id, &api::ModelInfo::id);
  return found == models_.end() ? nullptr : &*found;
}

// The user's own before one that came along; none that cannot be read while there is another.
const api::ModelInfo* CreateController::usual_model() const {
  const auto found = std::ranges::find_if(models_, [](const api::ModelInfo& one) { return !one.error; });
  if (found != models_.end()) return &*found;
  const auto fetchable = std::ranges::find_if(models_, [](const api::ModelInfo& one) { return !one.needs.empty(); });
  if (fetchable != models_.end()) return &*fetchable;
  return models_.empty() ? nullptr : &models_.front();
}

void CreateController::choose_model(const QString& id) {
  store_.confirm_model();
  store_.change([&](api::ImageSettings& settings) { settings.model = utf8(id); });
}

void CreateController::open_model(const QString& path) {
  api::ImageSettings named;
  named.model = opening_ = utf8(path);
  service_->describe_model(named);
}

void CreateController::describe_model() {
  const api::ImageSettings& settings = store_.settings();
  described_ = parts_key(settings);
  description_failure_.reset();
  if (store_.model() && store_.model()->id != settings.model) store_.set_model(std::nullopt);
  const api::ModelInfo* model = model_named(settings.model);
  if (model && model->needs.empty()) service_->describe_model(settings);
}

void CreateController::show_missing() {
  const api::ModelInfo* chosen = model_named(store_.settings().model);
  missing_.set_chosen(chosen ? std::optional(*chosen) : std::nullopt);
}

QStringList CreateController::file_names(api::ImageFileKind kind) const {
  QStringList names;
  for (const api::ImageFile& file : files_)
    if (file.kind == kind) names << qt(file.name);
  return names;
}

QString CreateController::blocked() const {
  if (!service_->ready()) return tr("The engine is starting");
  if (models_.empty()) return tr("No image model yet");
  const api::ModelInfo* model = model_named(store_.settings().model);
  if (!model) return tr("Choose a model");
  if (const api::CatalogueModel* needed = missing_.needed()) return tr("%1 is missing").arg(qt(needed->title));
  if (description_failure_) return tr("%1 cannot be used: %2").arg(qt(model->name), description_failure_->why);
  return {};
}

void CreateController::ask_estimate() {
  if (!blocked().isEmpty()) return;
  service_->estimate(store_.settings());
}

void CreateController::generate() {
  if (!blocked().isEmpty()) return;
  store_.confirm_model();
  input_.prepare([this] {
    set_live();
    service_->generate(store_.settings());
  });
}

void CreateController::make(const api::ImageSettings& settings) {
  set_live();
  service_->generate(settings);
}

void CreateController::cancel_running() {
  if (busy()) service_->cancel(queue_.running());
}
void CreateController::cancel(const QString& job) {
  service_->cancel(job);
}

void CreateController::queue_listed(const api::ImageQueue& queue) {
  queue_.set_queue(queue);
  const QString running = queue_.running();
  if (running != was_running_) {
    progress_.reset();
    const bool over = running.isEmpty();
    was_running_ = running;
    // A preview of a job that was cancelled is no picture to keep looking at.
    if (over && live_ && shown_.isEmpty() && !picture_.isNull() && gallery_.rowCount() > 0)
      show_image(qt(gallery_.image(0)->id));
    emit progress_changed();
  }
  emit busy_changed();
}

const api::ImageInfo* CreateController::image(const QString& id) const {
  if (shown_info_ && qt(shown_info_->id) == id) return &*shown_info_;
  return gallery_.image(id);
}

void CreateController::image_changed(const api::ImageInfo& image) {
  const QString id = qt(image.id);
  if (shown_info_ && shown_info_->id == image.id) {
    shown_info_ = image;
    emit picture_changed();
    return;
  }
  // News of the job's end may have overtaken that of its picture.
  if (image.deleted_ms || image.created_ms <= latest_ms_) return;
  latest_ms_ = image.created_ms;
  emit image_finished(image);
  if (!live_) return;
  shown_info_ = image;
  show_image(id);
  live_ = true;
}

void CreateController::show_image(const QString& id) {
  const api::ImageInfo* found = image(id);
  if (!found) return;
  const api::ImageInfo copy = *found;
  live_ = false;
  shown_ = id;
  shown_info_ = copy;
  emit picture_changed();
  with_picture(id, [this, id](const QImage& picture) {
    if (id != shown_) return;
    picture_ = picture;
    emit picture_changed();
  });
}

QSize CreateController::picture_size() const {
  if (shown_info_) return {shown_info_->width, shown_info_->height};
  const api::QueuedImages* job = queue_.job(queue_.running());
  if (!job) return picture_.size();
  const bool same_model = job->settings.model == store_.settings().model;
  const auto side = [&](int asked, int usual) { return asked > 0 ? asked : same_model ? usual : 0; };
  const api::ImageModelInfo* model = store_.model();
  const QSize size(side(job->settings.width, model ? model->width : 0),
                   side(job->settings.height, model ? model->height : 0));
  return size.isEmpty() ? picture_.size() : size;
}

void CreateController::set_live() {
  live_ = true;
}

void CreateController::with_picture(const QString& id, const std::function<void(const QImage&)>& then) {
  if (const QImage* known = pictures_.object(id)) return then(*known);
  service_->fetch_file(id, [this, id, then](const QByteArray& bytes) {
    const QImage picture = QImage::fromData(bytes);
    if (picture.isNull()) return;
    pictures_.insert(id, new QImage(picture), std::max(1, static_cast<int>(picture.sizeInBytes() / 1024)));
    then(picture);
  });
}

void CreateController::remove_image(const QString& id) {
  const QModelIndex at = gallery_.index_of(id);
  if (!at.isValid()) return;
  const int row = at.row();
  gallery_.hide(id);
  service_->set_deleted(id, true);
  if (shown_ == id) {
    if (gallery_.rowCount() > 0) {
      show_image(qt(gallery_.image(std::min(row, gallery_.rowCount() - 1))->id));
    } else {
      shown_.clear();
      shown_info_.reset();
      picture_ = {};
      emit picture_changed();
    }
  }
  emit undo_offered(tr("Picture deleted"), [this, id] { service_->set_deleted(id, false); });
}

void CreateController::toggle_favourite(const QString& id) {
  if (const api::ImageInfo* found = image(id)) service_->set_favourite(id, !found->favourite);
}

void CreateController::reuse_seed(const QString& id) {
  if (const api::ImageInfo* found = image(id))
    store_.change([seed = found->seed](api::ImageSettings& settings) { settings.seed = seed; });
}

void CreateController::reuse_settings(const QString& id) {
  if (const api::ImageInfo* found = image(id)) {
    const api::ImageSettings settings = found->settings;
    replace_settings(settings);
  }
}

void CreateController::replace_settings(const api::ImageSettings& settings) {
  const api::ImageSettings before = store_.settings();
  if (settings == before) return;
  const InputPicture::State input = input_.state();
  store_.set(settings);
  emit undo_offered(tr("Your settings were replaced by the picture’s"),
                    [this, before, input] { input_.set_state(input, before); });
}

void CreateController::use_as_input(const QString& id) {
  with_picture(id, [this, id](const QImage& picture) { input_.set_image(id, picture); });
}

std::optional<api::Plot> CreateController::plot_of(const QString& id) const {
  const api::ImageInfo* found = image(id);
  if (!found || !found->recipe.is_object() || !found->recipe.contains("plot")) return std::nullopt;
  try {
    return api::from_json<api::Plot>(found->recipe["plot"]);
  } catch (const api::FieldError&) {
    return std::nullopt;
  }
}

void CreateController::restore_from(const QByteArray& picture) {
  service_->read_recipe(picture);
}

}  // namespace diptych::create
