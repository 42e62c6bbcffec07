// The picture that the next one is made from, and what is painted on it: kept here, and given to the host when it is
// needed. Of restored settings both are fetched from the host.
#pragma once

#include <QDeadlineTimer>
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

  struct State {
    QImage picture;
    QByteArray bytes;
    QString id, mask_id;
    QImage mask;
    bool mask_changed = false;  // since it was sent
  };
  State state() const;
  void set_state(const State& state, const api::ImageSettings& settings);  // with the settings that name both

  // Hands over what the host may not have (any more), then calls `ready`. Nothing is called where the host refuses it.
  void prepare(const std::function<void()>& ready);

 signals:
  void changed();  // another picture, or none
  void failed(const diptych::create::Failure& failure);

 private:
  void take(const QImage& picture, const QString& id, const QByteArray& bytes);
  void exchange();
  void follow_settings();
  void fetch_picture(const QString& id);
  void fetch_mask(const QString& id);
  void send_picture(const std::function<void()>& then);
  void send_mask(const std::function<void()>& then);
  void set_mask_id(const QString& id);

  CreateService* service_;
  SettingsStore* store_;
  QImage picture_;
  QByteArray bytes_;     // of its file; empty: the host's gallery has it
  QDeadlineTimer kept_;  // the host keeps the file at least so long
  QString id_, mask_id_;
  MaskLayer mask_;
  bool mask_changed_ = false;  // since it was sent
  int exchanged_ = 0;          // how often another picture or mask came in place of these
  int masks_sent_ = 0, masks_answered_ = 0;
};

QByteArray as_png(const QImage& picture);

}  // namespace diptych::create
