#include "ui/panels/finetune/data_page.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QListView>
#include <QProgressBar>
#include <QStackedWidget>
#include <QTextBrowser>
#include <QToolButton>
#include <algorithm>

#include "ui/client/text.h"
#include "ui/panels/finetune/data_sources.h"
#include "ui/panels/finetune/data_words.h"
#include "ui/panels/finetune/facts_grid.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/histogram.h"
#include "ui/panels/finetune/picture_delegate.h"
#include "ui/panels/finetune/quiet_tabs.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/panels/finetune/validation_row.h"
#include "ui/theme/icons.h"
#include "ui/theme/style.h"
#include "ui/theme/typography.h"
#include "ui/widgets/card.h"
#include "ui/widgets/elided_label.h"

namespace diptych::finetune {
namespace {

constexpr int shown_height = 320;       // px, of examples and pictures, at least
constexpr int side_by_side_from = 600;  // px, figures and their histogram

}  // namespace

DataPage::DataPage(FinetuneController* controller, QWidget* parent)
    : PageFrame(tr("Choose data"), {}, parent),
      controller_(controller),
      sources_(new DataSources(controller->draft(), page())),
      validation_(new ValidationRow(controller->draft(), page())),
      status_(new QLabel(page())),
      busy_(new QProgressBar(page())),
      histogram_(new Histogram(page())),
      facts_(new FactsGrid(page())),
      tabs_(new QuietTabs(page())),
      legend_(new ui::ElidedLabel(tr("underlined: what is learnt; pale: what is only read"), page())),
      stack_(new QStackedWidget(page())),
      text_(new QTextBrowser(page())),
      picture_model_(controller->service()),
      pictures_(new QListView(page())) {
  use_whole_width();
  setAcceptDrops(true);
  setProperty("takesFolders", true);
  status_->setWordWrap(true);
  status_->setTextFormat(Qt::PlainText);
  status_->setObjectName(QStringLiteral("dataStatus"));
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setFixedHeight(4);
  busy_->setAccessibleName(tr("Reading the data"));
  facts_->setObjectName(QStringLiteral("dataFacts"));
  legend_->setFont(ui::text_font(ui::TextSize::caption));
  legend_->setForegroundRole(QPalette::PlaceholderText);
  tabs_->addTab(tr("Examples"));
  tabs_->addTab(tr("Problems"));
  tabs_->setAccessibleName(tr("What is shown of the data"));
  text_->setObjectName(QStringLiteral("dataText"));
  text_->setOpenLinks(false);
  text_->setFrameShape(QFrame::NoFrame);
  text_->document()->setDocumentMargin(12);
  text_->setAccessibleName(tr("Examples"));
  make_pictures();
  stack_->addWidget(text_);
  stack_->addWidget(pictures_);
  summary_ = make_summary();
  pager_ = make_pager();
  auto* line = new QHBoxLayout;
  line->addWidget(tabs_);
  line->addWidget(legend_, 1);
  line->addWidget(pager_);
  body()->addWidget(sources_);
  body()->addWidget(validation_);
  body()->addWidget(busy_);
  body()->addWidget(status_);
  body()->addWidget(summary_);
  shown_ = new ui::Card(ui::Card::Ground::surface, page());
  auto* inside = new QVBoxLayout(shown_);
  inside->setContentsMargins(2, 6, 2, 6);
  inside->addWidget(stack_);
  shown_->setMinimumHeight(shown_height);
  auto* below = new QVBoxLayout;
  below->setSpacing(4);
  below->addLayout(line);
  below->addWidget(shown_, 1);
  body()->addLayout(below, 1);
  connect(tabs_, &QTabBar::currentChanged, this, &DataPage::show_tab);
  connect(controller->draft(), &DraftSession::report_changed, this, &DataPage::refresh);
  connect(controller->draft(), &DraftSession::caption_set, this, &DataPage::refresh);
  connect(controller->draft(), &DraftSession::opened, this, [this] { tabs_->setCurrentIndex(examples); });
  refresh();
}

QWidget* DataPage::make_summary() {
  auto* card = new ui::Card(ui::Card::Ground::surface, page());
  summary_line_ = new QBoxLayout(QBoxLayout::LeftToRight, card);
  summary_line_->setContentsMargins(2 * ui::grid, 12, 2 * ui::grid, 12);
  summary_line_->setSpacing(3 * ui::grid);
  summary_line_->addWidget(facts_, 3, Qt::AlignTop);
  summary_line_->addWidget(histogram_, 2, Qt::AlignTop);
  return card;
}

QWidget* DataPage::make_pager() {
  auto* pager = new QWidget(page());
  earlier_ = new QToolButton(pager);
  later_ = new QToolButton(pager);
  range_ = new QLabel(pager);
  range_->setForegroundRole(QPalette::PlaceholderText);
  auto* row = new QHBoxLayout(pager);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(4);
  for (auto [button, icon, name] : {std::tuple{earlier_, "chevron-left", tr("Earlier ones")},
                                    std::tuple{later_, "chevron-right", tr("Later ones")}}) {
    button->setIcon(ui::icon(QLatin1String(icon)));
    button->setAutoRaise(true);
    button->setFixedSize(28, 28);
    button->setToolTip(name);
    button->setAccessibleName(name);
  }
  row->addWidget(range_);
  row->addWidget(earlier_);
  row->addWidget(later_);
  DraftSession* draft = controller_->draft();
  connect(earlier_, &QToolButton::clicked, draft,
          [draft] { draft->show_examples_from(draft->examples_from() - DraftSession::page_size); });
  connect(later_, &QToolButton::clicked, draft,
          [draft] { draft->show_examples_from(draft->examples_from() + DraftSession::page_size); });
  return pager;
}

void DataPage::make_pictures() {
  pictures_->setModel(&picture_model_);
  pictures_->setItemDelegate(new PictureDelegate(pictures_));
  pictures_->setObjectName(QStringLiteral("pictureGrid"));
  pictures_->setAccessibleName(tr("Pictures and captions"));
  pictures_->setWhatsThis(tr("F2 or a double click edits a caption. It is written beside the picture at once."));
  pictures_->setFrameShape(QFrame::NoFrame);
  pictures_->setViewMode(QListView::IconMode);
  pictures_->setMovement(QListView::Static);
  pictures_->setResizeMode(QListView::Adjust);
  pictures_->setUniformItemSizes(true);
  pictures_->setGridSize({PictureDelegate::cell_width + 4, PictureDelegate::cell_height + 4});
  pictures_->setMouseTracking(true);
  pictures_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  pictures_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  connect(&picture_model_, &PictureModel::caption_edited, controller_->draft(), &DraftSession::set_caption);
}

void DataPage::refresh() {
  const DraftSession* draft = controller_->draft();
  const auto& report = draft->report();
  const auto& failure = draft->report_failure();
  const bool images = draft->draft().kind == api::TrainingKind::image;
  set_intro(images ? tr("Pictures of what is to be learnt: ten to thirty for a character, more for a style.")
                   : tr("Examples of what answers should be like: a few dozen for a tone, hundreds for a domain."));
  busy_->setVisible(draft->checking());
  QString problem;
  if (failure)
    problem = failure->text();
  else if (report && report->error)
    problem = ui::to_failure(*report->error).text();
  status_->setText(problem);
  status_->setVisible(!problem.isEmpty());
  status_->setForegroundRole(QPalette::BrightText);
  const bool there = report.has_value();
  summary_->setVisible(there);
  tabs_->setVisible(there);
  shown_->setVisible(there);
  validation_->setVisible(!draft->draft().data().isEmpty());
  if (there) {
    facts_->set_lines(fact_lines(*report));
    QList<HistogramBar> bars;
    for (const api::HistogramBin& bin : report->lengths)
      bars << HistogramBar{static_cast<double>(bin.from), static_cast<double>(bin.to), static_cast<double>(bin.count)};
    const api::Json recipe = draft->recipe();
    const auto sequence = recipe.find("sequence");
    const bool limited = !images && sequence != recipe.end() && sequence->is_number();
    histogram_->set_bars(bars, images ? tr("pixels") : tr("tokens"), limited ? sequence->get<double>() : 0);
    histogram_->setVisible(!bars.isEmpty());
    picture_model_.set_pictures(report->pictures);
    tabs_->setTabText(examples, images ? tr("Pictures") : tr("Examples"));
    const int count = problem_count(*report);
    tabs_->setTabText(problems, count == 0 ? tr("Notes") : tr("Problems (%1)").arg(count_text(count)));
    tabs_->setTabVisible(problems, count > 0 || !report->notes.empty());
  }
  show_tab();
}

void DataPage::show_tab() {
  const DraftSession* draft = controller_->draft();
  const auto& report = draft->report();
  const bool images = draft->draft().kind == api::TrainingKind::image;
  const bool first = tabs_->currentIndex() == examples;
  legend_->setVisible(report && first && !images);
  const int64_t shown = !report  ? 0
                        : images ? static_cast<int64_t>(report->pictures.size())
                                 : static_cast<int64_t>(report->shown.size());
  const int64_t all = report ? std::max(report->records, shown) : 0;
  pager_->setVisible(report && first && all > DraftSession::page_size);
  if (!report) return;
  const int64_t from = draft->examples_from();
  range_->setText(tr("%1–%2 of %3").arg(count_text(from + 1), count_text(from + shown), count_text(all)));
  earlier_->setEnabled(from > 0);
  later_->setEnabled(from + shown < all);
  stack_->setCurrentWidget(first && images ? static_cast<QWidget*>(pictures_) : text_);
  text_->setAccessibleName(tabs_->tabText(tabs_->currentIndex()));
  text_->setHtml(first ? examples_html(*report) : problems_html(*report));
}

void DataPage::resizeEvent(QResizeEvent* event) {
  PageFrame::resizeEvent(event);
  const bool wide = viewport()->width() >= side_by_side_from;
  summary_line_->setDirection(wide ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

void DataPage::dragEnterEvent(QDragEnterEvent* event) {
  if (dragged_paths(event->mimeData()).isEmpty()) return;
  sources_->highlight(true);
  event->acceptProposedAction();
}

void DataPage::dragLeaveEvent(QDragLeaveEvent* event) {
  PageFrame::dragLeaveEvent(event);
  sources_->highlight(false);
}

void DataPage::dropEvent(QDropEvent* event) {
  sources_->highlight(false);
  event->acceptProposedAction();
  if (const QString recipe = dragged_recipe(event->mimeData()); !recipe.isEmpty())
    controller_->import_recipe(recipe);
  else
    sources_->add(dragged_paths(event->mimeData()));
}

void DataPage::changeEvent(QEvent* event) {
  PageFrame::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) show_tab();  // the text has colours of its own
}

}  // namespace diptych::finetune
