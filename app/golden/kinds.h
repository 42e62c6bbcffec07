// What runs a case of each kind. Every kind goes through the product's own code and writes what the case's expected
// file would hold: tensors, or for texts a JSON list.
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "app/golden/case.h"
#include "engine/model/adapters.h"

namespace diptych::golden {

using Result = std::variant<TensorMap, nlohmann::ordered_json>;

Result run_causal_lm(Context& ctx, const Case& one);
Result run_chat_template(Context& ctx, const Case& one);
Result run_control_model(Context& ctx, const Case& one);
Result run_denoiser(Context& ctx, const Case& one);
Result run_image_encoder(Context& ctx, const Case& one);
Result run_ip_adapter(Context& ctx, const Case& one);
Result run_lora(Context& ctx, const Case& one);
TensorMap run_lora(Context& ctx, const Case& one, AdapterMode mode);
Result run_pipeline(Context& ctx, const Case& one);
Result run_quant(Context& ctx, const Case& one);
Result run_scheduler(Context& ctx, const Case& one);
Result run_text_encoder(Context& ctx, const Case& one);
Result run_tokenizer(Context& ctx, const Case& one);
Result run_train(Context& ctx, const Case& one);
Result run_upscaler(Context& ctx, const Case& one);
Result run_vae(Context& ctx, const Case& one);

// Error (unsupported) where no code runs the case's kind, and lists those that are known.
Result run(Context& ctx, const Case& one);
std::vector<std::string> kinds();

// Tensors to `out`, a JSON list beside it with the ending .json.
void write(const Result& result, const std::filesystem::path& out);

}  // namespace diptych::golden
