// The command line of diptych-window.
#pragma once

#include <QString>
#include <QStringList>
#include <optional>

#include "ui/client/host_link.h"

namespace diptych::window {

struct Arguments {
  QString model;  // to load: a name or an absolute path; empty: none
  std::optional<ui::HostAddress> host;
};

struct ParsedArguments {
  Arguments arguments;
  std::optional<int> exit_status;  // set: print `text` and leave with it
  QString text;
};

ParsedArguments parse_arguments(const QStringList& command_line, const QString& version);

}  // namespace diptych::window
