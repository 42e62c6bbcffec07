// The database's schema, version by version.
#pragma once

#include "engine/host/store/database.h"

namespace diptych::host {

inline constexpr int schema_version = 5;

// Brings the database to `target`, one transaction per version. Before the first change a copy is written beside it
// (diptych.db.vN.bak). Error (unsupported) for a database of a newer program, which is left as it is.
void migrate(Database& database, int target = schema_version);

}  // namespace diptych::host
