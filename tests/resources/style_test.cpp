// The sample data set and its adapter (resources/style) are what their README says.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/model/adapter_file.h"
#include "engine/model/adapter_match.h"
#include "engine/train/data/picture_dataset.h"
#include "models/registry.h"

using namespace diptych;
using namespace diptych::train;

namespace {

const std::filesystem::path resources = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "resources";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST(Style, IsReadWhole) {
  const Recipe recipe = read_recipe(resources / "style/recipe.json");
  ThreadPool pool(2);
  const PictureData data = load_picture_data(recipe, pool);
  EXPECT_EQ(data.training.pictures.size(), 104u);
  EXPECT_EQ(data.validation.pictures.size(), 16u);
  for (const PictureDataset* part : {&data.training, &data.validation}) {
    EXPECT_TRUE(part->rejected.empty());
    for (const PictureWarning& warning : part->warnings) ADD_FAILURE() << warning.file << ": " << warning.why;
    for (const TrainingPicture& picture : part->pictures) {
      EXPECT_EQ(picture.size.width, 128);
      EXPECT_EQ(picture.bucket.width, 128);
      EXPECT_GE(lines_of(picture.item.caption).size(), 2u) << picture.item.file;
    }
  }
}

// What README shows was not among what was learnt.
TEST(Style, IsShownOnSubjectsThatItNeverHad) {
  std::ifstream file(resources / "style/prompts.txt");
  std::stringstream text;
  text << file.rdbuf();
  const std::vector<std::string> prompts = lines_of(text.str());
  ASSERT_EQ(prompts.size(), 8u);
  const Recipe recipe = read_recipe(resources / "style/recipe.json");
  ThreadPool pool(2);
  const PictureData data = load_picture_data(recipe, pool);
  for (const std::string& prompt : prompts) {
    const std::string subject = prompt.substr(prompt.find(' ') + 1);
    for (const PictureDataset* part : {&data.training, &data.validation}) {
      for (const TrainingPicture& picture : part->pictures)
        for (const std::string& line : lines_of(picture.item.caption))
          EXPECT_FALSE(line.ends_with(subject)) << prompt << ": " << picture.item.file;
    }
  }
}

TEST(Style, FitsTheStarterWhole) {
  ModelRegistry registry;
  models::register_all(registry);
  Context ctx(meta_device, 1);
  LoadOptions load;
  load.targets = std::make_shared<WeightTargets>();
  const auto denoiser = registry.load_denoiser(ctx, open_model(resources / "starter/model/transformer"), load);
  const auto adapter = open_adapter(resources / "style/delft.safetensors");
  ASSERT_GT(adapter->layers.size(), 50u);
  const ModelPart part{"denoiser", load.targets};
  const AdapterUse use{adapter};
  const AdapterMatch match = match_adapters({&part, 1}, {&use, 1});  // names a layer that does not fit
  EXPECT_TRUE(match.report.absent.empty());
  size_t contributions = 0;
  for (const auto& [target, of_target] : match.changes) contributions += of_target.size();
  EXPECT_EQ(contributions, adapter->layers.size());
}
