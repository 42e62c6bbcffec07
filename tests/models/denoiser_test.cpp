// Every transformer denoiser, by the models of its golden cases: memory is predicted on meta, and an image depends
// neither on its neighbours in the batch nor on the number of threads.
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "engine/core/error.h"
#include "engine/model/registry.h"
#include "models/registry.h"
#include "tests/engine/ops/op_testing.h"

namespace diptych::testing {
namespace {

struct DenoiserCase {
  const char* name;  // of the golden case
  int64_t frames;    // of video; 0: images
  bool text_lengths;
};

class TransformerDenoiser : public ::testing::TestWithParam<DenoiserCase> {
 protected:
  std::unique_ptr<Denoiser> load(Context& ctx) const {
    ModelRegistry registry;
    models::register_all(registry);
    const std::filesystem::path cases = std::filesystem::path(DIPTYCH_SOURCE_DIR) / "tests/golden/cases";
    return registry.load_denoiser(ctx, open_model(cases / GetParam().name / "model"));
  }

  // `row` of three that differ in everything, or all of them.
  DenoiserInput input(Context& ctx, const DenoiserInfo& info, int64_t row = -1) const {
    const int64_t height = 4 * info.side_multiple, width = 6 * info.side_multiple, tokens = 7;
    const int64_t first = row < 0 ? 0 : row, end = row < 0 ? 3 : row + 1;
    const auto rows_of = [&](Shape shape, uint32_t seed) {
      Tensor all = ctx.output(shape);
      if (!ctx.is_meta()) std::ranges::copy(random_values(shape.elements(), seed), all.data<float>());
      return all.slice(0, first, end);
    };
    DenoiserInput made;
    made.sample = GetParam().frames > 0 ? rows_of({3, info.in_channels, GetParam().frames, height, width}, 1)
                                        : rows_of({3, info.in_channels, height, width}, 1);
    if (info.text_width > 0) made.text = rows_of({3, tokens, info.text_width}, 2);
    if (info.size_conditioned) made.time_ids = rows_of({3, 3}, 4);
    if (info.pooled_width > 0) made.pooled = rows_of({3, info.pooled_width}, 3);
    for (int64_t i = first; i < end; ++i) {
      made.timesteps.push_back(0.9f - 0.25f * static_cast<float>(i));
      if (info.classes > 0) made.classes.push_back(static_cast<int32_t>(i));
      if (info.distilled_guidance) made.guidance.push_back(3.5f + static_cast<float>(i));
      if (GetParam().text_lengths) made.text_lengths.push_back(tokens - 2 * i);
    }
    return made;
  }
};

TEST_P(TransformerDenoiser, IsPredictedOnMeta) {
  Context cpu(cpu_device, 2), meta(meta_device, 2);
  for (Context* ctx : {&cpu, &meta}) {
    const auto model = load(*ctx);
    const Tensor y = model->forward(*ctx, input(*ctx, model->info()));
    EXPECT_EQ(y.dim(1), model->info().out_channels);
  }
  EXPECT_EQ(cpu.cost().flops, meta.cost().flops);
  EXPECT_EQ(cpu.cost().bytes(), meta.cost().bytes());
  EXPECT_EQ(cpu.arena()->use().peak_bytes, meta.arena()->use().peak_bytes);
  EXPECT_EQ(cpu.arena()->use().total_peak_bytes, meta.arena()->use().total_peak_bytes);
}

TEST_P(TransformerDenoiser, DependsNeitherOnNeighboursNorOnThreads) {
  std::vector<float> first;
  for (const int threads : {1, 2, 3}) {
    Context ctx(cpu_device, threads);
    const auto model = load(ctx);
    const auto together = values_of(model->forward(ctx, input(ctx, model->info())));
    if (first.empty()) first = together;
    EXPECT_EQ(together, first) << threads << " threads";
    for (int64_t row = 0; row < 3; ++row) {
      const auto alone = values_of(model->forward(ctx, input(ctx, model->info(), row)));
      EXPECT_EQ(std::memcmp(alone.data(), first.data() + static_cast<size_t>(row) * alone.size(),
                            alone.size() * sizeof(float)),
                0)
          << "row " << row << ", " << threads << " threads";
    }
  }
}

TEST_P(TransformerDenoiser, RefusesInputsOfOtherShapes) {
  Context ctx(cpu_device, 1);
  const auto model = load(ctx);
  const auto expect_refused = [&](const char* what, const auto& change) {
    DenoiserInput wrong = input(ctx, model->info());
    change(wrong);
    try {
      model->forward(ctx, wrong);
      ADD_FAILURE() << what << " was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.category(), ErrorCategory::invalid_argument) << what;
    }
  };
  expect_refused("no sample", [](DenoiserInput& wrong) { wrong.sample = {}; });
  expect_refused("no timestep", [](DenoiserInput& wrong) { wrong.timesteps.clear(); });
  if (model->info().text_width > 0) expect_refused("no text", [](DenoiserInput& wrong) { wrong.text = {}; });
  if (model->info().pooled_width > 0) expect_refused("no pooled text", [](DenoiserInput& wrong) { wrong.pooled = {}; });
  if (model->info().classes > 0) expect_refused("a class", [](DenoiserInput& wrong) { wrong.classes[0] = 101; });
  if (model->info().distilled_guidance) {
    expect_refused("no guidance", [](DenoiserInput& wrong) { wrong.guidance.clear(); });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, TransformerDenoiser,
    ::testing::Values(DenoiserCase{"denoiser_sd3", 0, false}, DenoiserCase{"denoiser_sd35_dual", 0, false},
                      DenoiserCase{"denoiser_sd35_odd_f16", 0, false}, DenoiserCase{"denoiser_flux_schnell", 0, false},
                      DenoiserCase{"denoiser_flux_dev_guidance", 0, false}, DenoiserCase{"denoiser_dit", 0, false},
                      DenoiserCase{"denoiser_pixart_sigma", 0, true},
                      DenoiserCase{"denoiser_pixart_alpha_odd_f16", 0, true},
                      DenoiserCase{"denoiser_qwen_image", 0, true}, DenoiserCase{"denoiser_wan_t2v", 3, false},
                      DenoiserCase{"denoiser_z_image", 0, true}, DenoiserCase{"denoiser_sana", 0, true},
                      DenoiserCase{"denoiser_sana_sprint_odd_f16", 0, true}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace diptych::testing
