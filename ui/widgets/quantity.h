// Numbers as the window writes them: three significant figures and a unit, never a bare percentage.
#pragma once

#include <QString>

namespace diptych::ui {

QString format_number(double value);                     // "0.842", "41.3", "1 280"; "–" where it is not finite
QString format_bytes(double bytes);                      // "98.4 MB", of 10^3 bytes
QString format_bytes_of(double bytes, double capacity);  // "5.10 of 24.0 GB", one unit for both
QString format_rate_of(double value, double limit, const QString& unit);  // "41.3 of 52.0 GB/s"; no limit: "41.3 GB/s"
QString format_quantity(double value, const QString& unit);               // "0.942 J/token"
QString format_duration_s(double seconds);                                // "0.84 s", "3 min 20 s", "2 h 5 min"
QString format_count(double count);                                       // "135 M", "1.24 B": parameters
QString format_age(qint64 seconds);                                       // "just now", "5 min ago", "3 days ago"

}  // namespace diptych::ui
