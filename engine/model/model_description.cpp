#include "engine/model/model_description.h"

namespace diptych {

const char* model_kind_name(ModelKind kind) {
  switch (kind) {
    case ModelKind::text:
      return "text";
    case ModelKind::image:
      return "image";
    case ModelKind::autoencoder:
      return "vae";
    case ModelKind::text_encoder:
      return "text encoder";
    case ModelKind::adapter:
      return "adapter";
    case ModelKind::control:
      return "control";
    case ModelKind::embedding:
      return "embedding";
    case ModelKind::upscaler:
      return "upscaler";
    case ModelKind::unknown:
      return "unknown";
  }
  return "unknown";
}

const char* model_form_name(ModelForm form) {
  switch (form) {
    case ModelForm::gguf:
      return "gguf";
    case ModelForm::safetensors:
      return "safetensors";
    case ModelForm::model_folder:
      return "folder";
    case ModelForm::pipeline_folder:
      return "pipeline";
    case ModelForm::pickle:
      return "pickle";
  }
  return "";
}

}  // namespace diptych
