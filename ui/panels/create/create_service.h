// All that the Create panel asks of the engine host. Calls return at once; answers come as signals.
#pragma once

#include <QImage>
#include <QObject>
#include <functional>

#include "engine/api/image.h"
#include "engine/api/job.h"
#include "engine/api/model.h"
#include "ui/client/failure.h"

namespace diptych::create {

struct GalleryQuery {
  QString search;
  bool favourites = false;
  QString before;  // id; empty: from the latest

  bool operator==(const GalleryQuery&) const = default;
};

using ui::Failure;

class CreateService : public QObject {
  Q_OBJECT

 public:
  template <typename T>
  using Then = std::function<void(const T&)>;
  using Failed = std::function<void(const Failure&)>;

  using QObject::QObject;

  virtual bool ready() const = 0;
  virtual bool local() const = 0;  // its files are on this machine

  virtual void list_models() = 0;
  virtual void describe_model(const api::ImageSettings& settings) = 0;  // with the parts that they name
  virtual void get_model(const QString& name) = 0;                      // of the catalogue
  virtual void cancel_get(const QString& name) = 0;
  virtual void list_files() = 0;

  virtual void estimate(const api::ImageSettings& settings) = 0;  // of several only the last is answered
  // Beside it, each answered.
  virtual void predict(const api::ImageSettings& settings, const Then<api::ImageEstimate>& then,
                       const Failed& failed) = 0;
  virtual void generate(const api::ImageSettings& settings) = 0;
  virtual void cancel(const QString& job) = 0;
  virtual void list_queue() = 0;
  virtual void reorder_queue(const QStringList& waiting) = 0;

  virtual void list_images(const GalleryQuery& query) = 0;
  virtual void fetch_thumbnail(const QString& id) = 0;
  virtual void fetch_file(const QString& id, const Then<QByteArray>& then) = 0;  // with its metadata
  virtual void set_favourite(const QString& id, bool favourite) = 0;
  virtual void set_deleted(const QString& id, bool deleted) = 0;

  virtual void upload(const QByteArray& picture, const Then<api::UploadInfo>& then, const Failed& failed) = 0;
  // Of an upload or of the gallery; `failed` where the host has it no more.
  virtual void fetch_input(const QString& id, const Then<QByteArray>& then, const Failed& failed) = 0;
  virtual void read_recipe(const QByteArray& picture) = 0;

  virtual void estimate_plot(const api::PlotRequest& request, const Then<api::PlotEstimate>& then,
                             const Failed& failed) = 0;
  virtual void start_plot(const api::PlotRequest& request, const Then<api::ImageStarted>& then,
                          const Failed& failed) = 0;
  virtual void get_plot(const QString& job, const Then<api::Plot>& then) = 0;

 signals:
  void ready_changed(bool ready);
  void models_listed(const std::vector<diptych::api::ModelInfo>& models);             // those that make pictures
  void catalogue_listed(const std::vector<diptych::api::CatalogueModel>& catalogue);  // before the models
  void get_progressed(const QString& name, const diptych::api::JobProgress& progress);
  void get_ended(const QString& name, bool done, const QString& error);  // no error: cancelled
  void model_described(const diptych::api::ImageModelInfo& model);
  void not_described(const diptych::create::Failure& failure);
  void files_listed(const std::vector<diptych::api::ImageFile>& files);
  void estimated(const diptych::api::ImageSettings& settings, const diptych::api::ImageEstimate& estimate);
  void not_estimated(const diptych::create::Failure& failure);
  void started(const QString& job, qint64 seed);
  void not_started(const diptych::create::Failure& failure);
  void queue_listed(const diptych::api::ImageQueue& queue);
  void progressed(const QString& job, const diptych::api::ImageProgress& progress);
  void previewed(const QString& job, const QImage& picture);
  void job_ended(const QString& job, diptych::api::JobState state);
  void images_listed(const diptych::create::GalleryQuery& query, const diptych::api::ImageList& list);
  void image_changed(const diptych::api::ImageInfo& image);  // a new one, too
  void image_removed(const QString& id);
  void thumbnail_fetched(const QString& id, const QImage& picture);
  void recipe_read(const diptych::api::RestoredSettings& restored);
  void failed(const diptych::create::Failure& failure);
};

}  // namespace diptych::create
