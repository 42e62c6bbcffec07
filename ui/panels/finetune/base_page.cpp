#include "ui/panels/finetune/base_page.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListView>
#include <QPushButton>
#include <QStackedWidget>

#include "ui/panels/finetune/beginnings_row.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/row_delegate.h"
#include "ui/theme/icons.h"
#include "ui/widgets/card.h"
#include "ui/widgets/empty_state.h"

namespace diptych::finetune {

BasePage::BasePage(FinetuneController* controller, QWidget* parent)
    : PageFrame(
          tr("Choose a base"),
          tr("The model that learns. It stays as it is: what is learnt goes into a small adapter beside it, unless "
             "you train all weights."),
          parent),
      controller_(controller),
      filter_(new QLineEdit(page())),
      kind_(new QComboBox(page())),
      list_(new QListView(page())),
      stack_(new QStackedWidget(page())),
      empty_(new ui::EmptyState(QStringLiteral("models"), tr("No models yet"),
                                tr("Get one in the Models panel: a small language model is there in a minute."),
                                page())),
      beginnings_(new BeginningsRow(controller, page())) {
  filter_->setPlaceholderText(tr("Find a model"));
  filter_->setAccessibleName(tr("Find a model"));
  filter_->setClearButtonEnabled(true);
  filter_->setObjectName(QStringLiteral("baseFilter"));
  filter_->addAction(ui::icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
  kind_->addItem(tr("All models"), -1);
  kind_->addItem(tr("Language models"), static_cast<int>(api::TrainingKind::text));
  kind_->addItem(tr("Image models"), static_cast<int>(api::TrainingKind::image));
  kind_->setAccessibleName(tr("Kind of models"));
  auto* row = new QHBoxLayout;
  row->addWidget(filter_, 1);
  row->addWidget(kind_);
  list_->setModel(&model_);
  list_->setItemDelegate(new RowDelegate({.detail = BaseListModel::detail_role,
                                          .word = BaseListModel::kind_role,
                                          .enabled = BaseListModel::trainable_role,
                                          .progress = 0},
                                         list_));
  list_->setObjectName(QStringLiteral("baseList"));
  list_->setAccessibleName(tr("Bases"));
  list_->setFrameShape(QFrame::NoFrame);
  list_->setMouseTracking(true);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* card = new ui::Card(ui::Card::Ground::surface, page());
  auto* inside = new QVBoxLayout(card);
  inside->setContentsMargins(1, 6, 1, 6);
  inside->addWidget(list_);
  stack_->addWidget(card);
  stack_->addWidget(empty_);
  connect(empty_->add_action(tr("Open Models")), &QPushButton::clicked, this, &BasePage::models_requested);
  body()->addLayout(row);
  body()->addWidget(stack_, 1);
  body()->addWidget(beginnings_);
  add_beside_title(beginnings_->open_button());
  const auto filter = [this] {
    const int kind = kind_->currentData().toInt();
    model_.set_filter(filter_->text(), kind < 0 ? std::nullopt : std::optional(static_cast<api::TrainingKind>(kind)));
    show_chosen();
  };
  connect(filter_, &QLineEdit::textChanged, this, filter);
  connect(kind_, &QComboBox::currentIndexChanged, this, filter);
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& at) {
    const api::TrainingBase* base = controller_->base_named(at.data(BaseListModel::id_role).toString());
    if (base && controller_->draft()->is_open()) controller_->draft()->choose_base(api::TrainingBase(*base));
  });
  connect(list_, &QListView::activated, controller, &FinetuneController::go_on);
  connect(controller, &FinetuneController::bases_changed, this, &BasePage::refresh);
  connect(controller, &FinetuneController::opened, this, &BasePage::show_chosen);
  refresh();
}

void BasePage::refresh() {
  model_.set_bases(controller_->bases());
  if (!controller_->service()->ready() && !model_.has_bases())
    empty_->set_text(tr("The engine does not run"), tr("Models are listed as soon as it does."));
  else
    empty_->set_text(tr("No models yet"),
                     tr("Get one in the Models panel: a small language model is there in a minute."));
  stack_->setCurrentIndex(model_.has_bases() || (controller_->service()->ready() && !controller_->bases_known()) ? 0
                                                                                                                 : 1);
  show_chosen();
}

void BasePage::show_chosen() {
  const QModelIndex at = model_.index_of(controller_->draft()->draft().base());
  const QSignalBlocker quiet(list_->selectionModel());
  list_->setCurrentIndex(at);
  if (!at.isValid()) list_->clearSelection();
  list_->viewport()->update();
}

void BasePage::focus_filter() {
  filter_->setFocus(Qt::ShortcutFocusReason);
  filter_->selectAll();
}

}  // namespace diptych::finetune
