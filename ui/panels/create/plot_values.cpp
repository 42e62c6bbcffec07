#include "ui/panels/create/plot_values.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <cmath>

namespace diptych::create {
namespace {

constexpr int most_values = 200;

QString reason(const char* text) {
  return QCoreApplication::translate("PlotValues", text);
}

void put(api::Json& list, double value, AxisKind kind) {
  if (kind == AxisKind::whole)
    list.push_back(static_cast<int64_t>(std::llround(value)));
  else
    list.push_back(std::round(value * 1e6) / 1e6);  // 0.1 added thrice is 0.3
}

// "10-30 (+10)" and "1-2 [5]"; false: it is no range.
bool read_range(const QString& text, AxisKind kind, api::Json& list) {
  static const QRegularExpression range(
      QStringLiteral("^(-?[0-9.]+)\\s*-\\s*(-?[0-9.]+)(?:\\s*\\(([+-][0-9.]+)\\)|\\s*\\[([0-9]+)\\])?$"));
  const QRegularExpressionMatch match = range.match(text);
  if (!match.hasMatch()) return false;
  const double from = match.captured(1).toDouble(), to = match.captured(2).toDouble();
  int count = match.captured(4).toInt();
  double step = match.captured(3).toDouble();
  if (count == 0) {
    if (step == 0) step = to < from ? -1 : 1;
    count = static_cast<int>(std::clamp((to - from) / step + 1e-9, -1.0, 1.0 * most_values)) + 1;
  } else {
    step = count > 1 ? (to - from) / (count - 1) : 0;
  }
  for (int i = 0; i < std::min(count, most_values + 1); ++i) put(list, from + i * step, kind);
  return count > 0;
}

}  // namespace

QStringList split_values(const QString& text) {
  QStringList parts;
  QString part;
  bool quoted = false;
  for (const QChar c : text) {
    if (c == u'"') {
      quoted = !quoted;
    } else if (c == u',' && !quoted) {
      parts << part.trimmed();
      part.clear();
    } else {
      part += c;
    }
  }
  parts << part.trimmed();
  parts.removeAll(QString());
  return parts;
}

std::optional<api::Json> read_axis_values(const QString& text, AxisKind kind, QString* why) {
  api::Json list = api::Json::array();
  for (const QString& part : split_values(text)) {
    if (kind == AxisKind::text) {
      list.push_back(part.toStdString());
      continue;
    }
    bool number = false;
    const double value = part.toDouble(&number);
    if (number && std::isfinite(value) && (kind == AxisKind::real || value == std::round(value))) {
      put(list, value, kind);
    } else if (!read_range(part, kind, list)) {
      *why = reason(kind == AxisKind::whole ? "“%1” is no whole number and no range such as 10-30 (+10)"
                                            : "“%1” is no number and no range such as 1-2 [5]")
                 .arg(part);
      return std::nullopt;
    }
  }
  if (list.empty()) {
    *why = reason("Write the values, separated by commas");
    return std::nullopt;
  }
  if (list.size() > static_cast<size_t>(most_values)) {
    *why = reason("These are more than 200 values");
    return std::nullopt;
  }
  return list;
}

}  // namespace diptych::create
