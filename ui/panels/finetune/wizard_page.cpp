#include "ui/panels/finetune/wizard_page.h"

#include <QCoreApplication>

namespace diptych::finetune {

QString page_title(WizardPage page) {
  static const char* const titles[]{
      QT_TRANSLATE_NOOP("FinetuneSteps", "Base"), QT_TRANSLATE_NOOP("FinetuneSteps", "Data"),
      QT_TRANSLATE_NOOP("FinetuneSteps", "Goal"), QT_TRANSLATE_NOOP("FinetuneSteps", "Check"),
      QT_TRANSLATE_NOOP("FinetuneSteps", "Run"),  QT_TRANSLATE_NOOP("FinetuneSteps", "Result")};
  return QCoreApplication::translate("FinetuneSteps", titles[static_cast<int>(page)]);
}

QString page_name(WizardPage page) {
  static const char* const names[]{"base", "data", "goal", "check", "run", "result"};
  return QLatin1String(names[static_cast<int>(page)]);
}

WizardPage page_named(const QString& name) {
  for (const WizardPage page : all_pages)
    if (page_name(page) == name) return page;
  return WizardPage::base;
}

}  // namespace diptych::finetune
