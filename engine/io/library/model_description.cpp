#include "engine/io/library/model_description.h"

#include <array>

namespace diptych {
namespace {

template <typename T>
struct DescriptionName {
  T value;
  const char* name;
};
template <typename T>
DescriptionName(T, const char*) -> DescriptionName<T>;

constexpr std::array kind_names{
    DescriptionName{ModelKind::text, "text"},
    DescriptionName{ModelKind::image, "image"},
    DescriptionName{ModelKind::autoencoder, "vae"},
    DescriptionName{ModelKind::text_encoder, "text encoder"},
    DescriptionName{ModelKind::image_encoder, "image encoder"},
    DescriptionName{ModelKind::image_prompt, "IP-Adapter"},
    DescriptionName{ModelKind::adapter, "adapter"},
    DescriptionName{ModelKind::control, "control"},
    DescriptionName{ModelKind::embedding, "embedding"},
    DescriptionName{ModelKind::upscaler, "upscaler"},
    DescriptionName{ModelKind::unknown, "unknown"},
};
constexpr std::array form_names{
    DescriptionName{ModelForm::gguf, "gguf"},           DescriptionName{ModelForm::safetensors, "safetensors"},
    DescriptionName{ModelForm::model_folder, "folder"}, DescriptionName{ModelForm::pipeline_folder, "pipeline"},
    DescriptionName{ModelForm::pickle, "pickle"},
};

template <typename Names, typename T>
const char* name_in(const Names& names, T value) {
  for (const auto& one : names) {
    if (one.value == value) return one.name;
  }
  return "unknown";
}

template <typename T, size_t n>
std::optional<T> value_in(const std::array<DescriptionName<T>, n>& names, std::string_view name) {
  for (const auto& one : names) {
    if (one.name == name) return one.value;
  }
  return std::nullopt;
}

}  // namespace

const char* model_kind_name(ModelKind kind) {
  return name_in(kind_names, kind);
}
const char* model_form_name(ModelForm form) {
  return name_in(form_names, form);
}
std::optional<ModelKind> model_kind_of(std::string_view name) {
  return value_in(kind_names, name);
}
std::optional<ModelForm> model_form_of(std::string_view name) {
  return value_in(form_names, name);
}

}  // namespace diptych
