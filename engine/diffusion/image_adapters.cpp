#include "engine/diffusion/image_adapters.h"

#include "engine/diffusion/prompt/prompt_adapters.h"
#include "engine/diffusion/prompt/prompt_wildcards.h"
#include "engine/io/library/file_hashes.h"
#include "engine/io/library/side_files.h"

namespace diptych::diffusion {

std::vector<ChosenAdapter> prompt_adapters(const ImageRequest& request, const std::filesystem::path& model) {
  std::vector<ChosenAdapter> chosen;
  if (!request.prompt_syntax) return chosen;
  for (const std::string& prompt : {request.prompt, request.negative.value_or("")}) {
    for (const PromptAdapter& tag : take_tags(draw_wildcards(prompt, request.wildcard_seed)).adapters) {
      chosen.push_back({resolve_side_file(ModelKind::adapter, tag.name, model), tag.denoiser_scale,
                        tag.text_encoder_scale, tag.name});
    }
  }
  return chosen;
}

AdapterReport apply_adapters(Context& ctx, const ImageModel& model, std::span<const ChosenAdapter> adapters,
                             AdapterMode mode) {
  std::vector<AdapterUse> uses;
  for (const ChosenAdapter& one : adapters) {
    uses.push_back({open_adapter(one.path), one.denoiser_scale, one.text_encoder_scale});
  }
  return diptych::apply_adapters(ctx, model.adaptable, uses, mode);
}

std::vector<RecipeAdapter> recipe_adapters(std::span<const ChosenAdapter> adapters, const CancelToken& cancel) {
  std::vector<RecipeAdapter> recipe;
  for (const ChosenAdapter& one : adapters) {
    const bool in_prompt = !one.tag_name.empty();
    const std::string name = in_prompt ? one.tag_name : side_file_name(one.path);
    recipe.push_back({{name, file_hash(open_adapter(one.path)->path, {}, cancel)},
                      one.text_encoder_scale,
                      one.denoiser_scale,
                      in_prompt});
  }
  return recipe;
}

}  // namespace diptych::diffusion
