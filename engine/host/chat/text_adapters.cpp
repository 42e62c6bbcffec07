#include "engine/host/chat/text_adapters.h"

#include "engine/host/images/image_files.h"

namespace diptych::host {

std::vector<AdapterPath> text_adapters(const std::vector<api::TextAdapter>& adapters) {
  std::vector<AdapterPath> paths;
  for (const api::TextAdapter& adapter : adapters) {
    paths.push_back({image_file(adapter.file, api::ImageFileKind::adapter), adapter.scale});
  }
  return paths;
}

}  // namespace diptych::host
