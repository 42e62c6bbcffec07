// Which draft or run is open and on which page, what may be opened, and what the lists show.
#pragma once

#include <QObject>
#include <functional>
#include <vector>

#include "ui/panels/finetune/comparison.h"
#include "ui/panels/finetune/draft_session.h"
#include "ui/panels/finetune/run_watch.h"
#include "ui/panels/finetune/step_list.h"
#include "ui/panels/finetune/word_check.h"

namespace diptych::finetune {

class FinetuneController : public QObject {
  Q_OBJECT

 public:
  // Both must outlive it. Drafts are kept in `preferences`.
  FinetuneController(FinetuneService* service, ui::Preferences* preferences, QObject* parent = nullptr);

  FinetuneService* service() { return service_; }
  DraftStore* drafts() { return &drafts_; }
  DraftSession* draft() { return &draft_; }
  WordCheck* word() { return &word_; }
  RunWatch* watch() { return &watch_; }
  Comparison* comparison() { return &comparison_; }

  const std::vector<api::TrainingBase>& bases() const { return bases_; }
  bool bases_known() const { return bases_known_; }
  const std::vector<api::TrainingExample>& examples() const { return examples_; }  // whose bases are here
  const api::TrainingBase* base_named(const QString& id) const;
  const api::TrainingBase* base() const { return base_named(draft_.draft().base()); }  // of the draft
  const std::vector<api::TrainingRun>& runs() const { return runs_; }                  // latest first
  bool runs_known() const { return runs_known_; }

  void start();                  // lists what there is
  void open(const QString& id);  // of a draft or a run
  const QString& current() const { return current_; }
  bool shows_run() const { return watch_.run() != nullptr; }
  void new_draft(const api::Json& recipe = api::Json::object(), const QString& name = {});
  void another_like(const QString& run);
  void begin_example(const QString& name);
  void import_recipe(const QString& file);  // kohya's TOML or our JSON, as a draft
  void rename(const QString& id, const QString& name);
  void remove(const QString& id);  // offers to take it back

  WizardPage page() const { return page_; }
  void go(WizardPage page);  // where it is allowed
  void go_on();              // to the next page; from Check: starts the run
  StepState step_state(WizardPage page) const;
  QString blocked() const;  // why it does not go on from here; empty: it can

  void start_run();
  bool starting() const { return starting_; }
  void command(RunCommand command);  // to the run that is shown
  bool can(RunCommand command) const;
  void export_run(const api::ExportBody& body);
  // Of the run that is shown: asks to have it used. A word is put among the embeddings before.
  void use(const api::TrainingResult& result);
  bool exporting() const { return exporting_; }
  const QString& exported() const { return exported_; }  // path of the last export of this run

 signals:
  void bases_changed();
  void examples_changed();
  void lists_changed();  // drafts or runs
  void opened();         // another draft or run
  void page_changed();
  void steps_changed();  // what step_state() and blocked() say
  void export_changed();
  void use_requested(const diptych::api::TrainingResult& result);  // in Chat or in Create, by its kind
  void undo_offered(const QString& text, const std::function<void()>& undo);
  void noticed(const diptych::ui::Failure& failure);
  void told(const QString& text);

 private:
  void connect_service();
  void list_bases();
  void begin(Draft draft, WizardPage page);
  void take_import(const QString& file, const api::TrainingImport& import);
  void take_run(const api::TrainingRun& run);
  void show_page(WizardPage page);
  WizardPage first_page_of(const api::TrainingRun& run) const;

  FinetuneService* service_;
  DraftStore drafts_;
  DraftSession draft_;
  WordCheck word_;
  RunWatch watch_;
  Comparison comparison_;
  std::vector<api::TrainingBase> bases_;
  std::vector<api::TrainingExample> examples_;
  std::vector<api::TrainingRun> runs_;
  bool bases_known_ = false, runs_known_ = false;
  QString current_;
  WizardPage page_ = WizardPage::base;
  bool starting_ = false, exporting_ = false;
  QString exported_;
};

}  // namespace diptych::finetune
