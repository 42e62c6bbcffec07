#include "ui/widgets/fuzzy.h"

#include <vector>

namespace diptych::ui {
namespace {

// Letters without marks, lower case; the positions stay those of the text.
QString folded(QStringView text) {
  QString result;
  result.reserve(text.size());
  for (const QChar character : text) {
    const QString parts = character.decomposition();
    result += (parts.isEmpty() ? character : parts[0]).toLower();
  }
  return result;
}

bool starts_word(const QString& text, qsizetype index) {
  return index == 0 || !text[index - 1].isLetterOrNumber();
}

constexpr int run_bonus = 8, word_bonus = 10, start_bonus = 4, gap_cost = 1, impossible = -1'000'000;

}  // namespace

std::optional<int> fuzzy_score(QStringView pattern, QStringView text) {
  const QString wanted = folded(pattern).remove(QLatin1Char(' '));
  const QString given = folded(text);
  if (wanted.isEmpty()) return 0;
  if (wanted.size() > given.size()) return std::nullopt;

  // best[j]: the best score with the last wanted letter at given[j].
  std::vector<int> best(given.size(), impossible);
  for (qsizetype i = 0; i < wanted.size(); ++i) {
    std::vector<int> next(given.size(), impossible);
    int reach = i == 0 ? 0 : impossible;  // the best score so far, less the gap since then
    for (qsizetype j = 0; j < given.size(); ++j) {
      if (i > 0) {
        if (j > 0) reach = std::max(reach - gap_cost, best[j - 1]);
      }
      if (given[j] != wanted[i] || reach <= impossible / 2) continue;
      int score = reach + (starts_word(given, j) ? word_bonus : 0) + (j == 0 ? start_bonus : 0);
      if (i > 0 && j > 0 && best[j - 1] > impossible / 2) score = std::max(score, best[j - 1] + run_bonus);
      next[j] = score;
    }
    best = std::move(next);
  }
  int result = impossible;
  for (const int score : best) result = std::max(result, score);
  if (result <= impossible / 2) return std::nullopt;
  return result * 4 - static_cast<int>(given.size());  // of equals the shorter
}

}  // namespace diptych::ui
