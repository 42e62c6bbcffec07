// The draft that is open, and what the host says of it: its data, the goals that suit them, what each would take.
// Questions are asked one after the other, the newest state of the draft first; answers to an older one are dropped.
#pragma once

#include <QHash>
#include <QTimer>
#include <optional>

#include "ui/panels/finetune/draft.h"
#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

// What a recipe would take, or why that is not known.
struct Prediction {
  std::optional<api::TrainingPlan> plan;
  std::optional<Failure> failure;
};

class DraftSession : public QObject {
  Q_OBJECT

 public:
  static constexpr int page_size = 60;  // examples or pictures that are shown at a time

  DraftSession(FinetuneService* service, DraftStore* store, QObject* parent = nullptr);  // must outlive it

  void open(const QString& id);  // empty: none
  bool is_open() const { return !draft_.id.isEmpty(); }
  const Draft& draft() const { return draft_; }
  void ask_again();  // the host is there (again)

  void choose_base(const api::TrainingBase& base);
  void set_page(WizardPage page);
  void set_name(const QString& name);
  void set_data(const QStringList& paths);  // keeps what is known of those that stay
  void set_held_out(double fraction);
  void set_validation_file(const QString& path);
  double held_out() const;
  QString validation_file() const;
  void show_examples_from(int offset);
  int examples_from() const { return offset_; }
  void set_caption(const QString& file, const QString& caption);

  void choose_goal(const QString& name);
  const api::GoalPreset* goal() const;     // null: none chosen, or not here yet
  void change(const api::Json& patch);     // to the goal's values; null: the goal's own again
  void change_from_goal(api::Json patch);  // the same, where the goal's own value is no change
  void reset_changes();
  void restore_changes(const QString& goal, const api::Json& changes);
  bool changed() const { return !draft_.changes.empty(); }
  api::Json recipe() const;  // what would run

  const std::optional<api::DataReport>& report() const { return report_; }
  const std::optional<Failure>& report_failure() const { return report_failure_; }
  bool checking() const { return checking_; }
  const std::vector<api::GoalPreset>& presets() const { return presets_; }
  const std::optional<Failure>& presets_failure() const { return presets_failure_; }
  Prediction prediction(const QString& goal) const { return of_goals_.value(goal); }
  const Prediction& prediction() const { return prediction_; }  // of recipe()
  bool planning() const { return planning_; }

 signals:
  void opened();
  void draft_changed();
  void report_changed();
  void presets_changed();
  void prediction_changed();
  void caption_set(const QString& file, const QString& caption, const QString& before);
  // The user's own values, and the goal that they were made for.
  void changes_dropped(const QString& goal, const diptych::api::Json& changes);
  void failed(const diptych::finetune::Failure& failure);

 private:
  api::GoalPreset own_preset() const;
  void keep();
  void data_changed();
  void check();
  void ask_presets();
  void plan_now();
  void plan_goals();
  void forget();

  FinetuneService* service_;
  DraftStore* store_;
  Draft draft_;
  std::optional<api::DataReport> report_;
  std::optional<Failure> report_failure_;
  std::vector<api::GoalPreset> presets_;
  std::optional<Failure> presets_failure_;
  QHash<QString, Prediction> of_goals_;
  Prediction prediction_;
  QTimer check_timer_, plan_timer_;
  bool checking_ = false, planning_ = false, planning_goals_ = false;
  int offset_ = 0;
  int check_number_ = 0, presets_number_ = 0, plan_number_ = 0;  // of the question whose answer counts
};

}  // namespace diptych::finetune
