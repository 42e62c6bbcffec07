// The picture that the next one is made from, and what is painted on it: kept here, and given to the host when it is
// needed.
#pragma once

#include <QImage>
#include <QObject>
#include <functional>

#include "ui/panels/create/create_service.h"
#include "ui/panels/create/mask_layer.h"
#include "ui/panels/create/settings_store.h"

namespace diptych::create {

class InputPicture : public QObject {
  Q_OBJECT

 public:
  InputPicture(CreateService* service, SettingsStore* store, QObject* parent = nullptr);  // both must outlive it

  void set_file(const QByteArray& bytes);                    // dropped, pasted or opened
  void set_image(const QString& id, const QImage& picture);  // of the gallery
  void clear();
  bool is_set() const { return !picture_.isNull(); }
  const QImage& picture() const { return picture_; }
  MaskLayer* mask() { return &mask_; }

  // Hands the mask over where it was changed, then calls `ready`. Nothing is called where the host refuses it.
  void prepare(const std::function<void()>& ready);

 signals:
  void changed();  // another picture, or none
  void failed(const diptych::create::Failure& failure);

 private:
  void take(const QImage& picture, const QString& id);
  void fetch_if_foreign();

  CreateService* service_;
  SettingsStore* store_;
  QImage picture_;
  QString id_;
  MaskLayer mask_;
  bool mask_changed_ = false;
};

QByteArray as_png(const QImage& picture);

}  // namespace diptych::create
