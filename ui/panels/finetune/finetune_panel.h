// The Fine-tune panel: drafts and runs at the left, the wizard in the middle.
#pragma once

#include <QPointer>

#include "ui/panels/finetune/finetune_controller.h"
#include "ui/widgets/panel.h"

namespace diptych::finetune {

class FinetuneContent;
class RunsPane;

class FinetunePanel : public ui::Panel {
  Q_OBJECT

 public:
  // Both must outlive it. Drafts are kept in `preferences`.
  FinetunePanel(FinetuneService* service, ui::Preferences* preferences, QObject* parent = nullptr);
  ~FinetunePanel() override;

  QString id() const override { return QStringLiteral("finetune"); }
  QString title() const override { return tr("Fine-tune"); }
  QString icon_name() const override { return QStringLiteral("finetune"); }
  QWidget* list() override;
  QWidget* content() override;
  QList<QAction*> actions() override { return actions_; }
  void create_new() override;
  void find() override;
  void shown() override;
  bool cancel() override;

  FinetuneController* controller() { return &controller_; }
  FinetuneContent* wizard() const;
  RunsPane* runs() const;
  bool take_folder(const QString& path);  // dropped on the window: data for the draft that is open; false: none is

 signals:
  void models_requested();
  void use_requested(const diptych::api::TrainingResult& result);  // in Chat or in Create, by its kind

 private:
  void make_actions();
  QAction* add_action(const QString& text, const QString& icon, const std::function<void()>& run);

  FinetuneController controller_;
  QPointer<RunsPane> pane_;
  QPointer<FinetuneContent> content_;
  QList<QAction*> actions_;
};

}  // namespace diptych::finetune
