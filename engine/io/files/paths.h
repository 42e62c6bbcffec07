// Where the program keeps its files. DIPTYCH_HOME overrides everything; otherwise the XDG base directories.
// Nothing is created here.
#pragma once

#include <filesystem>

namespace diptych {

std::filesystem::path data_dir();     // $DIPTYCH_HOME          or $XDG_DATA_HOME/diptych    (~/.local/share/diptych)
std::filesystem::path config_dir();   // $DIPTYCH_HOME/config   or $XDG_CONFIG_HOME/diptych  (~/.config/diptych)
std::filesystem::path cache_dir();    // $DIPTYCH_HOME/cache    or $XDG_CACHE_HOME/diptych   (~/.cache/diptych)
std::filesystem::path runtime_dir();  // $DIPTYCH_HOME/run      or $XDG_RUNTIME_DIR/diptych  (else cache_dir()/run)
std::filesystem::path models_dir();   // $DIPTYCH_MODELS or data_dir()/models

// What comes with the program: share/diptych/models beside the folder bin that it lies in. Empty for programs that lie
// elsewhere, tests among them.
std::filesystem::path shipped_models_dir();

std::filesystem::path home_dir();  // $HOME, else the user's entry in the password database

}  // namespace diptych
