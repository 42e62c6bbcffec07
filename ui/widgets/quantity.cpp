#include "ui/widgets/quantity.h"

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <cmath>
#include <iterator>

namespace diptych::ui {
namespace {

QString tr(const char* text, int count = -1) {
  return QCoreApplication::translate("Quantity", text, nullptr, count);
}

constexpr QChar space = QChar(QChar::Nbsp);  // a number and its unit stay on one line
constexpr const char* byte_units[]{"B", "kB", "MB", "GB", "TB", "PB"};

int byte_unit(double bytes) {
  int unit = 0;
  for (double rest = std::abs(bytes); rest >= 999.5 && unit + 1 < static_cast<int>(std::size(byte_units)); ++unit)
    rest /= 1000;
  return unit;
}

QString in_unit(double bytes, int unit) {
  const double value = bytes / std::pow(1000.0, unit);
  return unit == 0 ? QLocale().toString(value, 'f', 0) : format_number(value);
}

}  // namespace

QString format_number(double value) {
  if (!std::isfinite(value)) return QStringLiteral("–");
  if (value == 0) return QStringLiteral("0");
  // Round first: 99.96 has its figures where 100 has them.
  int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  const double step = std::pow(10.0, magnitude - 2);
  const double rounded = std::round(value / step) * step;
  magnitude = static_cast<int>(std::floor(std::log10(std::abs(rounded)) + 1e-12));
  return QLocale().toString(rounded, 'f', std::clamp(2 - magnitude, 0, 9));
}

QString format_bytes(double bytes) {
  if (!std::isfinite(bytes)) return QStringLiteral("–");
  const int unit = byte_unit(bytes);
  return in_unit(bytes, unit) + space + QLatin1String(byte_units[unit]);
}

QString format_bytes_of(double bytes, double capacity) {
  const int unit = byte_unit(capacity);
  return tr("%1 of %2").arg(in_unit(bytes, unit), in_unit(capacity, unit)) + space + QLatin1String(byte_units[unit]);
}

QString format_rate_of(double value, double limit, const QString& unit) {
  if (limit <= 0) return format_quantity(value, unit);
  return tr("%1 of %2").arg(format_number(value), format_number(limit)) + space + unit;
}

QString format_quantity(double value, const QString& unit) {
  return format_number(value) + space + unit;
}

QString format_duration_s(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return QStringLiteral("–");
  if (seconds < 99.5) return format_number(seconds) + space + tr("s");
  const qint64 whole = std::llround(seconds);
  if (whole < 3600) return tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
  return tr("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString format_count(double count) {
  if (count >= 999.5e6) return format_number(count / 1e9) + space + QLatin1Char('B');
  if (count >= 999.5e3) return format_number(count / 1e6) + space + QLatin1Char('M');
  return format_number(count);
}

QString format_age(qint64 seconds) {
  if (seconds < 60) return tr("just now");
  if (seconds < 3600) return tr("%1 min ago").arg(seconds / 60);
  if (seconds < 86400) return tr("%1 h ago").arg(seconds / 3600);
  const qint64 days = seconds / 86400;
  return days == 1 ? tr("yesterday") : tr("%1 days ago").arg(days);
}

}  // namespace diptych::ui
