// A seed: another one each time, or one that stays. The die draws one, the arrow takes that of the picture shown.
#pragma once

#include <QWidget>
#include <functional>
#include <optional>

#include "engine/api/image.h"

class QLineEdit;
class QToolButton;

namespace diptych::create {

class CreateController;

// Which of the settings' seeds a field shows. Object names of its parts begin with `object_name`.
struct SeedAccess {
  QString object_name, name, tip;
  std::function<std::optional<int64_t>(const api::ImageSettings&)> read;
  std::function<void(api::ImageSettings&, std::optional<int64_t>)> write;
  std::function<std::optional<int64_t>(const api::ImageInfo&)> of_picture;
  bool drawn = true;  // where it is empty, each run draws another one
};

class SeedField : public QWidget {
  Q_OBJECT

 public:
  SeedField(CreateController* controller, SeedAccess access, QWidget* parent = nullptr);  // it must outlive this

 private:
  void refresh();
  void set_seed(std::optional<int64_t> seed);
  std::optional<int64_t> of_shown() const;
  QToolButton* add_button(const QString& icon_name, const QString& part, const QString& tip);

  CreateController* controller_;
  SeedAccess access_;
  QLineEdit* seed_;
  QToolButton* dice_;
  QToolButton* lock_;
  QToolButton* reuse_;
};

SeedAccess noise_seed();
SeedAccess variation_seed();  // of settings that have a variation

}  // namespace diptych::create
