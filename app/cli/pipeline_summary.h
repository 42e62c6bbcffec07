// What `models list` and `models show` say of a pipeline's folder.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

namespace diptych::cli {

// Name, path, class, weights of all its parts together and of each. Error as open_pipeline_folder and open_model.
nlohmann::ordered_json summary_of_pipeline(const std::filesystem::path& path);

}  // namespace diptych::cli
