#include "ui/panels/create/create_actions.h"

#include "ui/theme/icons.h"

namespace diptych::create {

CreateActions::CreateActions(QObject* parent) : QObject(parent) {
  generate = add({}, tr("Generate"), QKeySequence(Qt::CTRL | Qt::Key_Return));
  cancel = add(QStringLiteral("stop"), tr("Cancel the running job"));
  fit = add(QStringLiteral("fit"), tr("Fit the picture"));
  actual_size = add(QStringLiteral("actual-size"), tr("Show at 100 %"));
  compare = add(QStringLiteral("compare"), tr("Compare with the picture before"), QKeySequence(Qt::CTRL | Qt::Key_D));
  mask = add(QStringLiteral("brush"), tr("Paint a mask"), QKeySequence(Qt::CTRL | Qt::Key_B));
  use_as_input = add(QStringLiteral("input"), tr("Use as input"), QKeySequence(Qt::CTRL | Qt::Key_I));
  upscale = add(QStringLiteral("upscale"), tr("Upscale…"), QKeySequence(Qt::CTRL | Qt::Key_U));
  favourite = add(QStringLiteral("star"), tr("Favourite"));
  copy = add(QStringLiteral("copy"), tr("Copy the picture"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C));
  save_as = add(QStringLiteral("save"), tr("Save as…"), QKeySequence::Save);
  reveal = add(QStringLiteral("folder"), tr("Show in folder"));
  reuse_seed = add(QStringLiteral("reuse"), tr("Use this seed again"));
  reuse_settings = add(QStringLiteral("settings"), tr("Use these settings again"), QKeySequence(Qt::CTRL | Qt::Key_R));
  remove = add(QStringLiteral("delete"), tr("Delete the picture"));
  paste = add({}, tr("Start from the picture in the clipboard"));
  open_input = add(QStringLiteral("open"), tr("Start from a picture…"), QKeySequence::Open);
  plot = add(QStringLiteral("grid"), tr("X/Y/Z plot…"), QKeySequence(Qt::CTRL | Qt::Key_P));
  show_plot = add(QStringLiteral("labelled-grid"), tr("Show the plot with its labels"));
  queue = add(QStringLiteral("queue"), tr("Show the queue"), QKeySequence(Qt::CTRL | Qt::Key_J));
  focus_prompt = add({}, tr("Write a prompt"), QKeySequence(Qt::CTRL | Qt::Key_L));
  for (QAction* one : {compare, mask, favourite}) one->setCheckable(true);
  set_picture(false, false, true, false);
}

QAction* CreateActions::add(const QString& icon_name, const QString& text, const QKeySequence& keys) {
  auto* action = new QAction(text, this);
  if (!icon_name.isEmpty()) action->setIcon(ui::icon(icon_name));
  action->setShortcut(keys);
  const QString shown = keys.toString(QKeySequence::NativeText);
  action->setToolTip(shown.isEmpty() ? text : QStringLiteral("%1 (%2)").arg(text, shown));
  all_ << action;
  return action;
}

void CreateActions::set_picture(bool shown, bool is_favourite, bool local, bool of_plot) {
  for (QAction* one : {use_as_input, upscale, favourite, copy, save_as, reuse_seed, reuse_settings, remove})
    one->setEnabled(shown);
  reveal->setEnabled(shown && local);
  show_plot->setEnabled(of_plot);
  show_plot->setVisible(of_plot);
  favourite->setChecked(is_favourite);
  favourite->setIcon(ui::icon(is_favourite ? QStringLiteral("star-filled") : QStringLiteral("star")));
}

}  // namespace diptych::create
