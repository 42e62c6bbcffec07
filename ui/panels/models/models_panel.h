// The Models panel: what is on disk, what can be fetched, what is loaded.
#pragma once

#include <QPointer>

#include "ui/client/downloads.h"
#include "ui/client/host_link.h"
#include "ui/panels/models/model_table.h"
#include "ui/widgets/panel.h"

namespace diptych::chat {
class HostChatService;
}

namespace diptych::ui {

class ModelDetails;
class ModelsPage;

class ModelsPanel : public Panel {
  Q_OBJECT

 public:
  ModelsPanel(HostLink* link, chat::HostChatService* service, QObject* parent = nullptr);  // both must outlive it
  ~ModelsPanel() override;

  QString id() const override { return QStringLiteral("models"); }
  QString title() const override { return tr("Models"); }
  QString icon_name() const override { return QStringLiteral("models"); }
  QWidget* content() override;
  QWidget* inspector() override;
  QList<QAction*> actions() override { return actions_; }
  void create_new() override { open_file(); }
  void find() override;
  void shown() override;
  bool cancel() override;  // the selected model's loading or fetching

  ModelTable* table() { return &table_; }

 signals:
  void pictures_requested(const QString& model);

 private:
  void make_actions();
  void connect_details();
  void models_changed();
  void show_selected();
  void predict_memory(const api::ModelInfo& model);
  void act(const QString& key);  // the obvious thing: load, or get
  void open_file();
  void open_folder();
  void fetch_last_used();

  HostLink* link_;
  chat::HostChatService* service_;
  ModelTable table_;
  Downloads downloads_;
  QPointer<ModelsPage> page_;
  QPointer<ModelDetails> details_;
  QStringList predicting_;  // ids that were asked about
  QList<QAction*> actions_;
};

}  // namespace diptych::ui
