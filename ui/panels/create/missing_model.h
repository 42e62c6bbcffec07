// The model of the catalogue without which the chosen one cannot be read, and its download.
#pragma once

#include <QObject>
#include <optional>
#include <vector>

#include "engine/api/model.h"
#include "ui/panels/create/create_service.h"

namespace diptych::create {

class MissingModel : public QObject {
  Q_OBJECT

 public:
  explicit MissingModel(CreateService* service, QObject* parent = nullptr);  // `service` must outlive it

  void set_chosen(const std::optional<api::ModelInfo>& model);
  const api::CatalogueModel* needed() const;  // null: nothing is missing, or it cannot be fetched
  bool getting() const { return !getting_.isEmpty(); }
  double share() const { return progress_.progress; }  // 0 to 1
  QString why() const;                                 // "emoji-starter reads prompts with …"
  QString progress_line() const;
  QString get_title() const;  // what a button says: "Get it · 98.4 MB"
  void get();
  void cancel();

 signals:
  void changed();
  void failed(const diptych::create::Failure& failure);

 private:
  CreateService* service_;
  std::vector<api::CatalogueModel> catalogue_;
  std::optional<api::ModelInfo> chosen_;
  QString getting_;  // its name
  api::JobProgress progress_;
};

}  // namespace diptych::create
