#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "app/cli/library.h"
#include "app/cli/models.h"
#include "engine/io/files/paths.h"
#include "engine/io/formats/json_text.h"
#include "engine/io/library/model_folders.h"

namespace diptych::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct FolderReport {
  fs::path folder;
  std::map<ModelKind, int> counts;  // of what can be used
  std::vector<const LibraryModel*> refused;
};

std::vector<FolderReport> folder_reports(const std::vector<LibraryModel>& models) {
  std::vector<FolderReport> reports{{models_dir(), {}, {}}};
  for (const fs::path& folder : model_folders()) reports.push_back({folder, {}, {}});
  if (const fs::path shipped = shipped_models_dir(); !shipped.empty()) reports.push_back({shipped, {}, {}});
  for (const LibraryModel& model : models) {
    for (FolderReport& report : reports) {
      if (report.folder != model.folder) continue;
      if (model.why.empty()) {
        ++report.counts[model.kind];
      } else {
        report.refused.push_back(&model);
      }
      break;
    }
  }
  return reports;
}

ordered_json as_json(const FolderReport& report) {
  ordered_json counts = ordered_json::object(), refused = ordered_json::array();
  for (const auto& [kind, count] : report.counts) counts[model_kind_name(kind)] = count;
  for (const LibraryModel* model : report.refused) {
    refused.push_back(
        {{"name", model->name}, {"path", model->path.string()}, {"why", model->why}, {"to_do", model->to_do}});
  }
  return {{"folder", report.folder.string()},
          {"layout", layout_name(layout_of(report.folder))},
          {"models", counts},
          {"refused", refused}};
}

void print(const FolderReport& report) {
  std::string counts;
  for (const auto& [kind, count] : report.counts) {
    counts += (counts.empty() ? "" : ", ") + std::to_string(count) + " " + model_kind_name(kind);
  }
  std::error_code error;
  if (!fs::is_directory(report.folder, error)) counts = "the folder is not there";
  std::printf("%s  [%s]  %s\n", report.folder.c_str(), layout_name(layout_of(report.folder)),
              counts.empty() ? "nothing" : counts.c_str());
  for (const LibraryModel* model : report.refused) {
    std::printf("  not usable: %s: %s; %s\n", model->name.c_str(), model->why.c_str(), model->to_do.c_str());
  }
}

}  // namespace

void index_models(bool json) {
  const std::vector<LibraryModel> models = indexed_library();
  const std::vector<FolderReport> reports = folder_reports(models);
  if (json) {
    ordered_json folders = ordered_json::array();
    for (const FolderReport& report : reports) folders.push_back(as_json(report));
    std::printf("%s\n", json_text(ordered_json{{"folders", folders}}, 2).c_str());
    return;
  }
  for (const FolderReport& report : reports) print(report);
}

}  // namespace diptych::cli
