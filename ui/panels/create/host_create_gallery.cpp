// The gallery, pictures that are given, recipes and plots.
#include <QUrlQuery>

#include "ui/client/text.h"
#include "ui/panels/create/host_create_service.h"

namespace diptych::create {

using ui::escaped;
using ui::qt;
using ui::Reply;
using ui::to_failure;

namespace {

constexpr int page_size = 100;
constexpr int thumbnail_size = 256;

QString picture_path(const QString& id, const char* below = "") {
  return QStringLiteral("/api/images/") + escaped(id) + QLatin1String(below);
}

// What the first bytes say, whatever the file is called.
QByteArray picture_type(const QByteArray& picture) {
  if (picture.startsWith("\x89PNG")) return "image/png";
  if (picture.startsWith("RIFF")) return "image/webp";
  return "image/jpeg";
}

}  // namespace

void HostCreateService::list_images(const GalleryQuery& query) {
  QString path = QStringLiteral("/api/images?deleted=0&limit=%1&q=").arg(page_size) + escaped(query.search);
  if (query.favourites) path += QStringLiteral("&favourite=1");
  if (!query.before.isEmpty()) path += QStringLiteral("&before=") + escaped(query.before);
  link_->http()->get(path, this,
                     reading<api::ImageList>([this, query](const auto& list) { emit images_listed(query, list); }));
}

void HostCreateService::fetch_thumbnail(const QString& id) {
  if (thumbnails_on_their_way_.contains(id)) return;
  thumbnails_on_their_way_.insert(id);
  link_->http()->download(picture_path(id, "/thumbnail?size=") + QString::number(thumbnail_size), this,
                          [this, id](const Reply& reply) {
                            thumbnails_on_their_way_.remove(id);
                            const QImage picture = reply.ok() ? QImage::fromData(reply.bytes) : QImage();
                            if (!picture.isNull()) emit thumbnail_fetched(id, picture);
                          });
}

void HostCreateService::fetch_file(const QString& id, const Then<QByteArray>& then) {
  link_->http()->download(picture_path(id, "/file"), this, [this, then](const Reply& reply) {
    if (reply.ok()) return then(reply.bytes);
    if (!reply.unreachable()) tell(to_failure(*reply.error));
  });
}

// One behind the other's reply: a deletion must not overtake what takes it back. What came of it is told by the host's
// events, whose order is right.
void HostCreateService::patch(const QString& id, const api::Json& body) {
  patches_.append({id, body});
  if (patches_.size() == 1) next_patch();
}

void HostCreateService::next_patch() {
  if (patches_.isEmpty()) return;
  const auto [id, body] = patches_.first();
  link_->http()->patch(picture_path(id), body, this, [this](const Reply& reply) {
    if (!reply.ok() && !reply.unreachable()) tell(to_failure(*reply.error));
    if (!patches_.isEmpty()) patches_.removeFirst();
    next_patch();
  });
}

void HostCreateService::set_favourite(const QString& id, bool favourite) {
  patch(id, {{"favourite", favourite}});
}
void HostCreateService::set_deleted(const QString& id, bool deleted) {
  patch(id, {{"deleted", deleted}});
}

void HostCreateService::upload(const QByteArray& picture, const Then<api::UploadInfo>& then, const Failed& failed) {
  link_->http()->upload(QStringLiteral("/api/images/uploads"), picture_type(picture), picture, this,
                        reading<api::UploadInfo>(then, failed));
}

void HostCreateService::fetch_input(const QString& id, const Then<QByteArray>& then, const Failed& failed) {
  const auto of_gallery = [this, id, then, failed] {
    link_->http()->download(picture_path(id, "/file"), this, [then, failed](const Reply& reply) {
      if (reply.ok()) return then(reply.bytes);
      if (!reply.unreachable()) failed(to_failure(*reply.error));
    });
  };
  link_->http()->download(QStringLiteral("/api/images/uploads/") + escaped(id), this,
                          [then, of_gallery](const Reply& reply) {
                            if (reply.ok()) return then(reply.bytes);
                            if (!reply.unreachable()) of_gallery();
                          });
}

void HostCreateService::read_recipe(const QByteArray& picture) {
  link_->http()->upload(QStringLiteral("/api/images/recipe"), picture_type(picture), picture, this,
                        reading<api::RestoredSettings>([this](const auto& restored) { emit recipe_read(restored); }));
}

void HostCreateService::estimate_plot(const api::PlotRequest& request, const Then<api::PlotEstimate>& then,
                                      const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/images/plot/estimate"), api::to_json(request), this,
                      reading<api::PlotEstimate>(then, failed));
}

void HostCreateService::start_plot(const api::PlotRequest& request, const Then<api::ImageStarted>& then,
                                   const Failed& failed) {
  link_->http()->post(QStringLiteral("/api/images/plot"), api::to_json(request), this,
                      reading<api::ImageStarted>(
                          [this, then](const api::ImageStarted& started) {
                            then(started);
                            list_queue();
                          },
                          failed));
}

void HostCreateService::get_plot(const QString& job, const Then<api::Plot>& then) {
  link_->http()->get(QStringLiteral("/api/images/plot/") + escaped(job), this, reading<api::Plot>(then));
}

}  // namespace diptych::create
