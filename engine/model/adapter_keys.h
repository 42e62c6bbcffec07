// How the programs that train adapters name what they store.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace diptych {

struct AdapterKey {
  std::string stem;  // the key without the part's ending: one for all parts of a layer
  std::string part;  // see AdapterLayer
};

// None: no known kind of adapter has such a key.
std::optional<AdapterKey> split_adapter_key(std::string_view key);

struct AdapterPlace {
  std::string component, layer;  // see AdapterLayer
  bool underscored = false;
};

AdapterPlace place_of_adapter_layer(std::string_view stem);

}  // namespace diptych
