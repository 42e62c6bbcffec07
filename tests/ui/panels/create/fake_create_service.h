// A host without a host: answers the Create panel's requests from memory, so that tests see every request and decide
// how far a job is.
#pragma once

#include <QBuffer>
#include <QPainter>
#include <algorithm>
#include <utility>

#include "ui/panels/create/create_service.h"

namespace diptych::create {

class FakeCreateService : public CreateService {
  Q_OBJECT

 public:
  FakeCreateService() {
    api::ModelInfo model;
    model.id = model.name = "tiny-sd";
    model.kind = api::ModelKind::image;
    model.architecture = "stable_diffusion";
    models = {model};
    described.id = "tiny-sd";
    described.family = "stable_diffusion";
    described.width = described.height = 512;
    described.steps = 20;
    described.guidance = 7.5;
    described.sizes = {{512, 512}, {512, 768}, {768, 512}};
    described.samplers = {{"euler", "Euler"}, {"dpmpp_2m", "DPM++ 2M"}};
    described.schedules = {{"karras", "Karras"}};
    described.rngs = {{"philox", "Philox"}, {"torch-cpu", "PyTorch, CPU"}};
    described.encoders = {{"CLIP", 75}};
    files = {{"lighthouse", api::ImageFileKind::adapter, "", "", 1},
             {"paper-cut", api::ImageFileKind::adapter, "", "", 1}};
  }

  bool ready() const override { return is_ready; }
  bool local() const override { return true; }
  void list_models() override {
    emit catalogue_listed(catalogue);
    emit models_listed(models);
  }
  void get_model(const QString& name) override { log << "get " + name; }
  void cancel_get(const QString& name) override {
    log << "cancel get " + name;
    emit get_ended(name, false, {});
  }
  void describe_model(const api::ImageSettings& settings) override {
    log << "describe " + QString::fromStdString(settings.model);
    const QString path = QString::fromStdString(settings.model);
    if (path.startsWith('/') && !by_path.contains(path))
      return emit not_described({"Cannot open model", "it is a pickle", "convert it"});
    if (path.startsWith('/')) {  // the host knows it from now on
      api::ModelInfo opened;
      opened.id = opened.name = by_path[path].toStdString();
      opened.kind = api::ModelKind::image;
      models.push_back(opened);
      return emit model_described(described);
    }
    if (settings.text_encoders.size() < needed_encoders)
      emit not_described({"Cannot load pipeline", "a text encoder is missing", {}});
    else if (settings.model == described.id)
      emit model_described(described);
  }
  void list_files() override { emit files_listed(files); }
  void estimate(const api::ImageSettings& settings) override {
    if (refusal) return emit not_estimated(*refusal);
    emit estimated(settings, estimate_of(settings));
  }
  void predict(const api::ImageSettings& settings, const Then<api::ImageEstimate>& then,
               const Failed& failed) override {
    if (refusal) return failed(*refusal);
    then(estimate_of(settings));
  }
  api::ImageEstimate estimate_of(const api::ImageSettings& settings) const {
    api::ImageEstimate estimate;
    estimate.memory_bytes = 3'200'000'000;
    estimate.free_bytes = free_bytes;
    estimate.fits = estimate.memory_bytes <= free_bytes;
    estimate.seconds = {14.0, api::Known::modelled, "declared cost over measured rate"};
    const auto words = QString::fromStdString(settings.prompt).split(' ', Qt::SkipEmptyParts).size();
    estimate.tokens = {{"CLIP", static_cast<int>(words), 0, 75, 1}};
    return estimate;
  }
  void generate(const api::ImageSettings& settings) override {
    asked.push_back(settings);
    api::QueuedImages job;
    job.job.id = "j" + std::to_string(asked.size());
    job.job.kind = api::JobKind::image;
    job.job.state = queue.jobs.empty() ? api::JobState::running : api::JobState::queued;
    job.settings = settings;
    job.images = settings.batch * settings.count;
    job.seconds = 14;
    queue.jobs.push_back(job);
    emit started(QString::fromStdString(job.job.id), 7);
    emit queue_listed(queue);
  }
  void cancel(const QString& job) override {
    log << "cancel " + job;
    end(job, api::JobState::cancelled);
  }
  void list_queue() override { emit queue_listed(queue); }
  void reorder_queue(const QStringList& waiting) override { log << "reorder " + waiting.join(' '); }
  void list_images(const GalleryQuery& query) override {
    log << "list " + query.search;
    api::ImageList list;
    for (const api::ImageInfo& image : images)
      if (!image.deleted_ms && (!query.favourites || image.favourite) &&
          QString::fromStdString(image.prompt).contains(query.search))
        list.images.push_back(image);
    emit images_listed(query, list);
  }
  void fetch_thumbnail(const QString& id) override { emit thumbnail_fetched(id, painted(id, 128)); }
  void fetch_file(const QString& id, const Then<QByteArray>& then) override { then(png(painted(id, 512))); }
  void fetch_input(const QString& id, const Then<QByteArray>& then, const Failed& failed) override {
    log << "input " + id;
    if (gone.contains(id)) return failed({"Cannot find upload", "there is none of this id", {}});
    then(inputs.contains(id) ? inputs[id] : png(painted(id, 512)));
  }
  void set_favourite(const QString& id, bool favourite) override {
    api::ImageInfo* image = find(id);
    image->favourite = favourite;
    emit image_changed(*image);
  }
  void set_deleted(const QString& id, bool deleted) override {
    api::ImageInfo* image = find(id);
    image->deleted_ms = deleted ? std::optional<int64_t>(1) : std::nullopt;
    emit image_changed(*image);
  }
  void upload(const QByteArray& picture, const Then<api::UploadInfo>& then, const Failed& failed) override {
    uploads << picture;
    const QImage image = QImage::fromData(picture);
    const api::UploadInfo upload{"u" + std::to_string(uploads.size()), image.width(), image.height()};
    const auto answer = [this, upload, then, failed] {
      if (refusal)
        failed(*refusal);
      else
        then(upload);
    };
    if (hold_uploads)
      held_uploads.push_back(answer);
    else
      answer();
  }
  void answer_uploads() {
    for (const auto& answer : std::exchange(held_uploads, {})) answer();
  }
  void read_recipe(const QByteArray& picture) override {
    log << "recipe";
    uploads << picture;
    emit recipe_read(restored);
  }
  void estimate_plot(const api::PlotRequest& request, const Then<api::PlotEstimate>& then,
                     const Failed& failed) override {
    if (refusal) return failed(*refusal);
    api::PlotEstimate estimate;
    estimate.cells = 1;
    for (const api::PlotAxis& axis : request.axes) estimate.cells *= static_cast<int>(axis.values.size());
    estimate.memory_bytes = 3'200'000'000;
    estimate.fits = true;
    estimate.seconds = {14.0 * estimate.cells, api::Known::modelled, "declared cost"};
    then(estimate);
  }
  void start_plot(const api::PlotRequest& request, const Then<api::ImageStarted>& then, const Failed&) override {
    plot.settings = request.settings;
    plot.axes = request.axes;
    const auto down = request.axes.size() > 1 ? request.axes[1].values.size() : 1;
    for (int y = 0; y < static_cast<int>(down); ++y)
      for (int x = 0; x < static_cast<int>(request.axes[0].values.size()); ++x)
        plot.cells.push_back({down > 1 ? std::vector<int>{x, y} : std::vector<int>{x}, {}, std::nullopt});
    then({"p1", 1});
  }
  void get_plot(const QString&, const Then<api::Plot>& then) override { then(plot); }

  // What the host does by itself.
  void progress(int step, int steps) {
    api::ImageProgress value;
    value.phase = "denoising";
    value.step = step;
    value.steps = steps;
    value.progress = static_cast<double>(step) / steps;
    value.images = 1;
    value.seconds_left = 0.5 * (steps - step);
    value.seconds_per_step = 0.5;
    emit progressed(running(), value);
    emit previewed(running(), painted(QStringLiteral("preview%1").arg(step), 64));
  }
  void finish(const std::string& id) {
    const api::QueuedImages job = queue.jobs.front();
    add(id, job.settings.prompt, job.job.id);
    emit image_changed(*find(QString::fromStdString(id)));
    end(running(), api::JobState::done);
  }
  void end(const QString& job, api::JobState state) {
    std::erase_if(queue.jobs, [&](const api::QueuedImages& one) { return one.job.id == job.toStdString(); });
    if (!queue.jobs.empty()) queue.jobs.front().job.state = api::JobState::running;
    emit job_ended(job, state);
    emit queue_listed(queue);
  }
  api::ImageInfo& add(const std::string& id, const std::string& prompt, const std::string& job = {}) {
    api::ImageInfo image;
    image.id = id;
    image.path = "/pictures/" + id + ".png";
    image.created_ms = 1'776'000'000'000 + 60'000 * static_cast<int64_t>(images.size());
    image.width = image.height = 512;
    image.seed = 42;
    image.prompt = image.settings.prompt = prompt;
    image.model = image.settings.model = "tiny-sd";
    image.settings.steps = 20;
    image.job = job;
    image.metrics.seconds_per_step = 0.512;
    image.metrics.gflop_s = 62;
    image.metrics.gflop_s_roofline = 96;
    image.metrics.bandwidth_gb_s = 9.1;
    image.metrics.bandwidth_roofline_gb_s = 22;
    image.metrics.peak_memory_bytes = 3'190'000'000;
    image.metrics.predicted_memory_bytes = 3'200'000'000;
    images.insert(images.begin(), image);
    return images.front();
  }
  QString running() const { return queue.jobs.empty() ? QString() : QString::fromStdString(queue.jobs.front().job.id); }
  api::ImageInfo* find(const QString& id) {
    const auto found = std::ranges::find(images, id.toStdString(), &api::ImageInfo::id);
    return found == images.end() ? nullptr : &*found;
  }
  static QImage painted(const QString& id, int side) {
    QImage image(side, side, QImage::Format_RGB32);
    QLinearGradient ground(0, 0, side, side);
    const int hue = static_cast<int>(qHash(id) % 360);
    ground.setColorAt(0, QColor::fromHsv(hue, 150, 230));
    ground.setColorAt(1, QColor::fromHsv((hue + 60) % 360, 180, 110));
    QPainter painter(&image);
    painter.fillRect(image.rect(), ground);
    painter.setBrush(QColor::fromHsv((hue + 180) % 360, 90, 240));
    painter.setPen(Qt::NoPen);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.drawEllipse(QPointF(side * 0.62, side * 0.4), side * 0.18, side * 0.18);
    return image;
  }
  static QByteArray png(const QImage& image) {
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
  }

  bool is_ready = true;
  int64_t free_bytes = 20'000'000'000;
  std::vector<api::ModelInfo> models;
  std::vector<api::CatalogueModel> catalogue;
  api::ImageModelInfo described;
  QHash<QString, QString> by_path;  // models that are in no folder of models, and their ids
  size_t needed_encoders = 0;       // without which it cannot be read
  std::vector<api::ImageFile> files;
  std::vector<api::ImageInfo> images;  // latest first
  std::vector<api::ImageSettings> asked;
  api::ImageQueue queue;
  api::RestoredSettings restored;
  api::Plot plot;
  QList<QByteArray> uploads;
  std::optional<Failure> refusal;  // of uploads and predictions
  bool hold_uploads = false;       // until answer_uploads()
  std::vector<std::function<void()>> held_uploads;
  QHash<QString, QByteArray> inputs;  // by id; of others a painted one
  QStringList gone;
  QStringList log;
};

}  // namespace diptych::create
