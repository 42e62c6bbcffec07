// A fine-tuning that is still being put together, and the drafts that are kept between starts.
#pragma once

#include <QObject>
#include <QStringList>
#include <vector>

#include "engine/api/training.h"
#include "engine/api/training_import.h"
#include "ui/panels/finetune/wizard_page.h"

namespace diptych::ui {
class Preferences;
}

namespace diptych::finetune {

// A recipe that a file brought along: a goal beside the host's.
struct OwnGoal {
  static constexpr const char* name = "own";

  QString file;      // its name, without folder
  api::Json recipe;  // complete but for base and data; null: there is none
  std::vector<api::NotTakenOption> not_taken;

  bool empty() const { return !recipe.is_object(); }
};

struct Draft {
  QString id;
  QString name;  // as the user calls it; empty: from base and data
  WizardPage page = WizardPage::base;
  api::Json recipe = api::Json::object();            // base, data and validation
  api::TrainingKind kind = api::TrainingKind::text;  // of the base
  QString goal;                                      // a preset's name; empty: none chosen yet
  OwnGoal own;
  api::Json changes = api::Json::object();  // to the goal's recipe, as a merge patch
  qint64 changed_ms = 0;                    // since the epoch

  QString base() const;
  QStringList data() const;  // paths
  QString title() const;     // for the list
};

api::Json to_json(const Draft& draft);
Draft draft_from(const api::Json& json);  // what cannot be read keeps its default

class DraftStore : public QObject {
  Q_OBJECT

 public:
  explicit DraftStore(ui::Preferences* preferences, QObject* parent = nullptr);  // must outlive it

  const std::vector<Draft>& drafts() const { return drafts_; }  // latest first
  const Draft* find(const QString& id) const;
  QString add(Draft draft);  // gives it an id, which it returns
  void put(const Draft& draft);
  void remove(const QString& id);

 signals:
  void changed();

 private:
  void keep();

  ui::Preferences* preferences_;
  std::vector<Draft> drafts_;
};

}  // namespace diptych::finetune
