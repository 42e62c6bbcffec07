// Pipelines that read their prompts through a language model: what of it is loaded, and what is refused.
#include "engine/diffusion/condition/causal_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/diffusion/image_model.h"
#include "engine/io/formats/json_text.h"
#include "engine/model/registry.h"
#include "models/registry.h"
#include "tests/engine/io/io_testing.h"

namespace diptych::diffusion {
namespace {

namespace fs = std::filesystem;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;

const fs::path source = DIPTYCH_SOURCE_DIR;
const fs::path small_case = source / "tests/golden/cases/pipeline_causal_text/model";

class CausalText : public ::testing::Test {
 protected:
  CausalText() { models::register_all(registry); }
  // The small pipeline with another entry for its text encoder.
  PipelineFolder with_entry(const nlohmann::json& entry) const {
    fs::remove_all(folder.path());
    fs::copy(small_case, folder.path(), fs::copy_options::recursive);
    nlohmann::json index = read_json_file(folder / "model_index.json");
    index["text_encoder"] = entry;
    write_bytes(folder / "model_index.json", index.dump());
    return open_pipeline_folder(folder.path());
  }
  Error refused(const nlohmann::json& entry) {
    return error_of([&] { load_image_model(ctx, registry, with_entry(entry)); });
  }

  TemporaryFolder folder;
  Context ctx{cpu_device, 1};
  ModelRegistry registry;
};

TEST_F(CausalText, OfTheFirstLayersIsThatOfTheWholeModel) {
  const ModelSource files = open_model(small_case / "text_encoder");
  const auto whole = registry.load_text_encoder(ctx, files);
  LoadOptions options;
  options.layers = 2;
  const auto part = registry.load_text_encoder(ctx, files, options);
  EXPECT_EQ(part->info().layers, 2);
  EXPECT_LT(part->info().parameters, whole->info().parameters);
  const TextBatch batch{.rows = 2, .columns = 3, .ids = {0, 7, 1, 0, 290, 1}, .lengths = {}};
  const Tensor expected = whole->forward(ctx, batch, true).hidden_states[2], found = part->forward(ctx, batch).last;
  EXPECT_TRUE(std::ranges::equal(expected.span<float>(), found.span<float>()));
}

TEST_F(CausalText, IsOneStateForNoText) {
  const ImageModel model = load_image_model(ctx, registry, open_pipeline_folder(small_case));
  EncoderTexts texts(3);
  texts[1].plain = "a fox";
  for (int i = 0; i < 40; ++i) texts[2].plain += " fox";
  const EncodedText encoded = encode_causal_text(ctx, model.texts[0], texts, 0);
  EXPECT_EQ(encoded.lengths.front(), 1);
  EXPECT_GT(encoded.lengths[1], 1);
  EXPECT_EQ(encoded.lengths[2], 13);  // 12 tokens and eos
  EXPECT_EQ(encoded.text.shape(), Shape({3, 13, 24}));
  EXPECT_EQ(encode_causal_text(ctx, model.texts[0], texts, 5).text.dim(1), 6);
}

TEST_F(CausalText, OfFilesThatContradictThemselvesIsRefused) {
  const nlohmann::json good = {{"model", "text_encoder"}, {"layer", 2}, {"max_tokens", 12}};
  for (const auto& [key, value] : std::initializer_list<std::pair<const char*, nlohmann::json>>{
           {"layer", 0}, {"layer", "two"}, {"max_tokens", -1}, {"model", ""}, {"model", "../x"}, {"model", "/x"}}) {
    nlohmann::json entry = good;
    entry[key] = value;
    const Error error = refused(entry);
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file) << entry;
    EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
  }
  EXPECT_EQ(refused({"diffusers", "LlamaModel"}).category(), ErrorCategory::invalid_file);
  nlohmann::json deep = good;
  deep["layer"] = 9;
  const Error error = refused(deep);
  EXPECT_EQ(error.category(), ErrorCategory::invalid_argument);
  EXPECT_NE(std::string(error.what()).find("the model has 3"), std::string::npos) << error.what();
}

TEST_F(CausalText, OfAModelThatIsNotThereSaysHowToGetIt) {
  setenv("DIPTYCH_MODELS", folder.path().c_str(), 1);
  const Error known = error_of([&] { open_parts(open_pipeline_folder(source / "resources/starter/model")); });
  EXPECT_EQ(known.category(), ErrorCategory::not_found);
  EXPECT_NE(std::string(known.what()).find("diptych models get smollm2-135m-instruct"), std::string::npos);
  EXPECT_EQ(missing_language_model(open_pipeline_folder(source / "resources/starter/model")), "SmolLM2-135M-Instruct");
  EXPECT_EQ(missing_language_model(open_pipeline_folder(small_case)), "") << "its own folder has it";
  EXPECT_EQ(missing_language_model(open_pipeline_folder(source / "tests/golden/cases/pipeline_sd15/model")), "");
  const Error unknown = refused({{"model", "no-such-model"}, {"layer", 2}, {"max_tokens", 12}});
  EXPECT_EQ(unknown.category(), ErrorCategory::not_found);
  EXPECT_NE(std::string(unknown.what()).find("no-such-model"), std::string::npos) << unknown.what();
}

TEST_F(CausalText, PicturesHaveTheSizeThatWasTrained) {
  const ImageModel model = load_image_model(ctx, registry, open_pipeline_folder(small_case));
  EXPECT_EQ(model.side_multiple(), 4);
}

}  // namespace
}  // namespace diptych::diffusion
