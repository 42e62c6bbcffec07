#include "app/golden/kinds.h"

#include <array>

#include "engine/core/error.h"
#include "engine/io/files/atomic_file.h"

namespace diptych::golden {
namespace {

struct Kind {
  const char* name;
  Result (*run)(Context& ctx, const Case& one);
};

constexpr std::array table{
    Kind{"causal_lm", run_causal_lm},
    Kind{"chat_template", run_chat_template},
    Kind{"control_model", run_control_model},
    Kind{"denoiser", run_denoiser},
    Kind{"image_encoder", run_image_encoder},
    Kind{"ip_adapter", run_ip_adapter},
    Kind{"lora", [](Context& ctx, const Case& one) { return run_lora(ctx, one); }},
    Kind{"pipeline", run_pipeline},
    Kind{"quant", run_quant},
    Kind{"scheduler", run_scheduler},
    Kind{"text_encoder", run_text_encoder},
    Kind{"tokenizer", run_tokenizer},
    Kind{"train", run_train},
    Kind{"upscaler", run_upscaler},
    Kind{"vae", run_vae},
};

}  // namespace

std::vector<std::string> kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : table) names.emplace_back(kind.name);
  return names;
}

Result run(Context& ctx, const Case& one) {
  std::string known;
  for (const Kind& kind : table) {
    if (one.kind() == kind.name) return kind.run(ctx, one);
    known += (known.empty() ? "" : ", ") + std::string(kind.name);
  }
  throw Error(ErrorCategory::unsupported, "cannot run case", one.name(),
              "nothing runs cases of kind '" + one.kind() + "' yet", "choose one of these kinds: " + known);
}

void write(const Result& result, const std::filesystem::path& out) {
  if (const auto* tensors = std::get_if<TensorMap>(&result)) {
    write_tensors(out, *tensors);
    return;
  }
  std::filesystem::path beside = out;
  write_text_file(beside.replace_extension(".json"), std::get<nlohmann::ordered_json>(result).dump(2) + "\n");
}

}  // namespace diptych::golden
