// The parts of a ComfyUI graph that a sampler is linked to, taken into a recipe.
#pragma once

#include <optional>
#include <string>

#include "engine/diffusion/recipe/comfy_graph.h"
#include "engine/diffusion/recipe/recipe_reader.h"

namespace diptych::diffusion {

// Inputs of nodes into a recipe; what cannot be taken is listed.
class ComfyTaker {
 public:
  explicit ComfyTaker(RestoredRecipe& restored) : restored_(restored) {}

  Recipe& recipe() { return restored_.recipe; }
  void list(std::string name, std::string value);
  void list(const ComfyNode& node);  // by its class, once

  void number(const ComfyNode& node, const char* input, std::optional<double>& to);
  void count(const ComfyNode& node, const char* input, std::optional<int>& to);
  void seed(const ComfyNode& node, const char* input);
  void clip_skip(const ComfyNode& node);  // CLIPSetLastLayer

 private:
  RestoredRecipe& restored_;
};

// Each begins at the node that an input of the sampler or guider is linked to, which may be none.
void take_comfy_condition(ComfyTaker& taker, ComfyNode node, std::string& prompt);
void take_comfy_model(ComfyTaker& taker, ComfyNode node);
void take_comfy_latent(ComfyTaker& taker, ComfyNode node, double strength);

std::string bare_file_name(std::string path);  // of either system's folders

inline constexpr int most_comfy_chain = 200;  // nodes in a row: graphs of others may go in circles

}  // namespace diptych::diffusion
