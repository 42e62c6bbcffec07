// The Create panel's rules: which model makes pictures, what the next one is predicted to take, what runs and waits,
// which picture is shown, what can be taken back. The widgets only show them.
#pragma once

#include <QCache>
#include <QObject>
#include <QTimer>
#include <functional>
#include <optional>

#include "ui/panels/create/create_service.h"
#include "ui/panels/create/gallery_model.h"
#include "ui/panels/create/input_picture.h"
#include "ui/panels/create/missing_model.h"
#include "ui/panels/create/queue_model.h"
#include "ui/panels/create/settings_store.h"
#include "ui/widgets/panel.h"

namespace diptych::create {

class CreateController : public QObject {
  Q_OBJECT

 public:
  explicit CreateController(CreateService* service, QObject* parent = nullptr);  // `service` must outlive it

  void start();       // asks for everything; again whenever the host comes back
  void look_again();  // for models and files that were put into their folders meanwhile

  CreateService* service() { return service_; }
  SettingsStore* store() { return &store_; }
  GalleryModel* gallery() { return &gallery_; }
  QueueModel* queue() { return &queue_; }
  InputPicture* input() { return &input_; }
  MissingModel* missing() { return &missing_; }
  const std::vector<api::ModelInfo>& models() const { return models_; }  // the user's own first
  const std::vector<api::ImageFile>& files() const { return files_; }
  QStringList file_names(api::ImageFileKind kind) const;
  bool models_known() const { return models_known_; }

  QString blocked() const;  // why nothing can be made now; empty: it can
  const std::optional<api::ImageEstimate>& estimate() const { return estimate_; }
  const std::optional<Failure>& estimate_failure() const { return estimate_failure_; }

  void choose_model(const QString& id);
  void open_model(const QString& path);  // one that is in none of the model folders
  void generate();
  void make(const api::ImageSettings& settings);  // others than the panel's
  void cancel_running();
  void cancel(const QString& job);
  bool busy() const { return !queue_.running().isEmpty(); }
  const std::optional<api::ImageProgress>& progress() const { return progress_; }

  // The picture on the canvas: one of the gallery, or the running job's preview.
  void show_image(const QString& id);
  QString shown() const { return shown_; }
  const api::ImageInfo* shown_info() const { return shown_info_ ? &*shown_info_ : nullptr; }
  const api::ImageInfo* image(const QString& id) const;  // the one shown or one of the gallery
  const QImage& picture() const { return picture_; }
  QSize picture_size() const;          // in pixels of what is or will be made: a preview has fewer
  bool live() const { return live_; }  // follows what runs
  void set_live();
  void with_picture(const QString& id, const std::function<void(const QImage&)>& then);

  void remove_image(const QString& id);
  void toggle_favourite(const QString& id);
  void reuse_seed(const QString& id);
  void reuse_settings(const QString& id);
  void use_as_input(const QString& id);
  void restore_from(const QByteArray& picture);               // a picture's metadata
  std::optional<api::Plot> plot_of(const QString& id) const;  // of a picture that shows one as a whole
  void tell(const Failure& failure);

 signals:
  void models_changed();
  void files_changed();
  void estimate_changed();
  void busy_changed();
  void progress_changed();
  void picture_changed();  // what the canvas shows
  void restored(const diptych::api::RestoredSettings& restored);
  void undo_offered(const QString& text, const std::function<void()>& undo);
  void noticed(const diptych::ui::Notice& notice);
  void image_finished(const diptych::api::ImageInfo& image);

 private:
  void connect_service();
  void models_listed(const std::vector<api::ModelInfo>& models);
  void image_changed(const api::ImageInfo& image);
  void queue_listed(const api::ImageQueue& queue);
  const api::ModelInfo* model_named(const std::string& id) const;
  const api::ModelInfo* usual_model() const;  // null: there is none
  void describe_model();
  void show_missing();
  void ask_estimate();
  void replace_settings(const api::ImageSettings& settings);  // what was there can be taken back

  CreateService* service_;
  SettingsStore store_;
  GalleryModel gallery_;
  QueueModel queue_;
  InputPicture input_;
  MissingModel missing_;
  std::vector<api::ModelInfo> models_;
  std::vector<api::ImageFile> files_;
  bool models_known_ = false;
  std::string opening_;    // the path of a model that is not listed yet
  std::string opened_;     // its id, until it is listed
  std::string described_;  // the model and its parts that were asked about
  std::optional<Failure> description_failure_;
  std::optional<api::ImageEstimate> estimate_;
  std::optional<Failure> estimate_failure_;
  std::optional<api::ImageProgress> progress_;
  QTimer estimate_timer_;
  QString shown_;
  std::optional<api::ImageInfo> shown_info_;
  QImage picture_;
  bool live_ = true;
  QString was_running_;
  qint64 latest_ms_ = 0;  // when the last picture that is known was made
  QCache<QString, QImage> pictures_;
};

}  // namespace diptych::create
