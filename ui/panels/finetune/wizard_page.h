// The steps of the wizard, in their order.
#pragma once

#include <QString>

namespace diptych::finetune {

enum class WizardPage { base, data, goal, check, run, result };
inline constexpr WizardPage all_pages[]{WizardPage::base,  WizardPage::data, WizardPage::goal,
                                        WizardPage::check, WizardPage::run,  WizardPage::result};

QString page_title(WizardPage page);  // "Base"
QString page_name(WizardPage page);   // "base": stable, in stored state
WizardPage page_named(const QString& name);

}  // namespace diptych::finetune
