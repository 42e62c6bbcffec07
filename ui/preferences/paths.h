// Where the window finds and keeps files: the same places as the host's, which it may not ask before it has found it.
// DIPTYCH_HOME overrides everything; otherwise the XDG base directories.
#pragma once

#include <QString>

namespace diptych::ui {

QString data_dir();    // $DIPTYCH_HOME or $XDG_DATA_HOME/diptych: conversations, the host's lock and token
QString config_dir();  // $DIPTYCH_HOME/config or $XDG_CONFIG_HOME/diptych: window.ini
QString models_dir();  // $DIPTYCH_MODELS or data_dir()/models

}  // namespace diptych::ui
