// Between the protocol's UTF-8 and Qt's strings.
#pragma once

#include <QString>
#include <string>

namespace diptych::ui {

inline QString qt(const std::string& text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}
inline std::string utf8(const QString& text) {
  return text.toStdString();
}

}  // namespace diptych::ui
