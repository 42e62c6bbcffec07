#include "engine/plan/goals.h"

#include <algorithm>
#include <cmath>

namespace diptych::plan {
namespace {

using train::Recipe;

std::string count_text(int64_t count, const std::string& one, const std::string& many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

// A share that is held out; with few examples each is needed more for learning.
double held_out_share(int64_t examples) {
  if (examples < 40) return 0;
  return examples < 400 ? 0.1 : 0.05;
}

// About ten looks at a run, none of them rarer than every 200 steps.
void look_in_between(Recipe& recipe, int64_t steps) {
  const int64_t every = std::clamp<int64_t>(steps / 10, 10, 200);
  recipe.checkpoint_every = recipe.validate_every = every;
  if (!recipe.sample_prompts.empty()) recipe.sample_every = every;
}

void begin(Recipe& recipe, const GoalFacts& facts, int rank, double rate) {
  recipe.method = facts.quantized ? train::Method::qlora : train::Method::lora;
  recipe.rank = rank;
  recipe.alpha = rank;
  recipe.targets.clear();
  recipe.learning_rate = rate;
  recipe.schedule = train::RateSchedule::cosine;
  recipe.warmup = 0.05;
  recipe.optimizer = {};
  recipe.validation.fraction = recipe.validation.path.empty() ? held_out_share(facts.examples) : 0;
  if (recipe.sample_prompts.empty()) recipe.sample_prompts = facts.sample_prompts;
}

// Long enough for nearly all examples, a power of two.
int sequence_for(const GoalFacts& facts) {
  int64_t most = 2048;
  if (facts.context_length > 0) most = std::min(most, facts.context_length);
  int64_t sequence = 128;
  while (sequence < facts.long_example_tokens && sequence * 2 <= most) sequence *= 2;
  return static_cast<int>(std::min(sequence, most));
}

Goal text_goal(const Recipe& given, const GoalFacts& facts, bool tone) {
  Goal goal;
  goal.recipe = given;
  Recipe& recipe = goal.recipe;
  const int rank = tone ? 8 : 32;
  begin(recipe, facts, rank, tone ? 1e-4 : 2e-4);
  recipe.sequence = sequence_for(facts);
  // Four thousand tokens make a step steady; more examples at once only cost memory.
  constexpr int tokens_per_step = 4096;
  recipe.batch = std::clamp(1024 / recipe.sequence, 1, 4);
  recipe.accumulate = std::max(1, std::min<int>(tokens_per_step / (recipe.batch * recipe.sequence),
                                                static_cast<int>(std::max<int64_t>(1, facts.examples / 50))));
  double epochs = facts.examples < 200 ? 5 : facts.examples < 2000 ? 3 : 2;
  if (tone) epochs = std::max(1.0, epochs - 1);
  recipe.steps.reset();
  recipe.epochs = epochs;
  const auto examples_per_step = static_cast<double>(recipe.batch * recipe.accumulate);
  look_in_between(recipe, static_cast<int64_t>(epochs * static_cast<double>(facts.examples) / examples_per_step));
  goal.name = tone ? "tone" : "domain";
  goal.title = tone ? "A tone of voice" : "Answers of a field";
  goal.explanation =
      tone ? "Changes how the model speaks (its length, its manner, its form) and leaves alone what it knows. "
             "Wants some dozens to hundreds of answers that all sound as they should."
           : "Teaches how questions of your field are answered, its words and its facts. Wants hundreds to thousands "
             "of questions with their answers; what is not in them is not learnt.";
  goal.reasons = {
      count_text(static_cast<int64_t>(epochs), "pass", "passes") + " over " +
          count_text(facts.examples, "example", "examples") +
          (tone ? ": manner is learnt sooner than facts" : ": fewer examples want more passes"),
      "rank " + std::to_string(rank) + (tone ? ": a manner needs little room" : ": room for facts"),
      std::to_string(recipe.sequence) + " tokens at once: " +
          (facts.long_example_tokens <= recipe.sequence ? "nearly all examples fit" : "longer examples are cut")};
  return goal;
}

// A model of so few parameters is soon through with a picture, and its narrow layers take larger steps: eight pictures
// at once keep them steady, and an adapter of all layers is small.
constexpr int64_t small_denoiser_parameters = 100'000'000;

Goal image_goal(const Recipe& given, const GoalFacts& facts, bool character) {
  Goal goal;
  goal.recipe = given;
  Recipe& recipe = goal.recipe;
  const bool small = facts.parameters > 0 && facts.parameters < small_denoiser_parameters;
  begin(recipe, facts, 16, small ? 1e-3 : 1e-4);
  if (small) recipe.targets = {"all-linear"};
  recipe.batch = small ? 8 : 1;
  recipe.accumulate = 1;
  recipe.image.width = recipe.image.height = facts.side;
  const int multiple = std::max(1, facts.side_multiple);
  recipe.image.bucket_min = std::min(recipe.image.bucket_min, std::max(16, facts.side / 2));
  recipe.image.bucket_step = std::max(multiple, std::min(64, facts.side / 8) / multiple * multiple);
  recipe.image.flip = !character;
  recipe.image.caption_dropout = character ? 0.05 : 0.1;
  if (facts.flow) {
    recipe.loss.timestep_sampling = train::TimestepSampling::logit_normal;
  } else {
    recipe.loss.min_snr_gamma = 5;
  }
  const int64_t each = small ? 48 : character ? 120 : 100;
  const int64_t least = small ? 200 : character ? 600 : 400, most = character ? 2500 : 3000;
  const int64_t steps = std::clamp(each * facts.examples / recipe.batch, least, most);
  recipe.epochs.reset();
  recipe.steps = steps;
  look_in_between(recipe, steps);
  goal.name = character ? "character" : "style";
  goal.title = character ? "A character or thing" : "A style";
  goal.explanation =
      character
          ? "Teaches one person, animal or object, so that it can be asked for by a name. Wants 10 to 40 pictures "
            "of it from different sides and in different places, with captions that name it and say what else "
            "is seen."
          : "Teaches a manner of drawing or photographing that works for any subject. Wants 20 to 200 pictures "
            "in that manner, with captions that say what is seen and not how.";
  goal.reasons = {std::to_string(steps) + " steps" + (small ? " of 8 pictures: " : ": ") + std::to_string(each) +
                      (small ? " looks at each of " : " for each of ") +
                      count_text(facts.examples, "picture", "pictures") + ", at least " + std::to_string(least) +
                      " and at most " + std::to_string(most),
                  character ? "never mirrored: faces and writing have a left and a right"
                            : "mirrored half of the time: a style does not mind",
                  std::to_string(facts.side) + " pixels: what the model was made for"};
  if (small) goal.reasons.emplace_back("a rate of 0.001 and all layers: the model is small");
  if (character && facts.has_regularization) {
    goal.reasons.emplace_back("the pictures of its class keep the model from taking every one for it");
  }
  return goal;
}

// Textual inversion at a rate and of a length that are usual for it (Gal et al. 2022; A1111's and diffusers' users).
Goal word_goal(const Recipe& given, const GoalFacts& facts) {
  Goal goal = image_goal(given, facts, true);  // sizes, and what a likeness wants
  Recipe& recipe = goal.recipe;
  recipe.method = train::Method::textual_inversion;
  recipe.targets.clear();
  recipe.train_text_encoder = false;
  recipe.image.cache_text = false;
  if (recipe.token.empty()) recipe.token = facts.word.empty() ? "<thing>" : facts.word;
  recipe.token_vectors = facts.examples < 8 ? 1 : 2;
  recipe.learning_rate = 5e-3;
  constexpr int64_t each = 100, least = 1000, most = 3000;
  const int64_t steps = std::clamp(each * facts.examples / recipe.batch, least, most);
  recipe.steps = steps;
  if (!facts.word_is_named && recipe.image.caption_prefix.empty())
    recipe.image.caption_prefix = "a photo of " + recipe.token + ",";
  if (given.sample_prompts.empty())
    recipe.sample_prompts = {"a photo of " + recipe.token, "an oil painting of " + recipe.token};
  look_in_between(recipe, steps);
  goal.name = "word";
  goal.title = "A new word";
  goal.explanation =
      "Teaches a word that stands for one person, thing or manner and that any prompt can use among its other words. "
      "The model stays as it is and the file has a few kilobytes; but what the model could not draw with the right "
      "words it does not learn so: for that an adapter has more room. Wants 5 to 30 pictures.";
  goal.reasons = {std::to_string(steps) + " steps: " + std::to_string(each) + " for each of " +
                      count_text(facts.examples, "picture", "pictures") + ", at least " + std::to_string(least) +
                      " and at most " + std::to_string(most),
                  count_text(recipe.token_vectors, "vector", "vectors") +
                      ": as many places of a prompt as the word takes; more hold more, and leave less room",
                  "never mirrored: faces and writing have a left and a right",
                  std::to_string(facts.side) + " pixels: what the model was made for"};
  return goal;
}

}  // namespace

std::vector<Goal> goals_for(const Recipe& given, const GoalFacts& facts) {
  std::vector<Goal> goals;
  if (facts.kind == train::BaseKind::text) {
    goals = {text_goal(given, facts, false), text_goal(given, facts, true)};
    goals[facts.examples < 100 ? 1 : 0].recommended = true;
  } else {
    goals = {image_goal(given, facts, false), image_goal(given, facts, true)};
    goals[facts.examples < 20 ? 1 : 0].recommended = true;
    if (facts.words) {
      goals.push_back(word_goal(given, facts));
      goals.back().recommended = false;
    }
  }
  return goals;
}

}  // namespace diptych::plan
