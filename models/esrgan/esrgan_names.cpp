#include "models/esrgan/esrgan_names.h"

#include <string>

#include "engine/core/error.h"
#include "models/common/renamed_weights.h"

namespace diptych::models {
namespace {

[[noreturn]] void refuse_network(const WeightFile& file, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot load upscaler", file.path(), why,
              "choose a safetensors file of an ESRGAN or Real-ESRGAN model (RRDBNet)");
}

std::string numbered_name(const std::string& before, int64_t number, const std::string& behind) {
  return before + std::to_string(number) + behind;
}

// The dense layers of all blocks: `source` is "RRDB_trunk.", `rdb` ".RDB", `behind` what follows "conv1".
void rename_blocks(RenamedLayers& names, int64_t blocks, const std::string& source, const std::string& rdb,
                   const std::string& behind) {
  for (int64_t block = 0; block < blocks; ++block) {
    for (int64_t dense = 1; dense <= 3; ++dense) {
      for (int64_t layer = 1; layer <= 5; ++layer) {
        names.layer(numbered_name(numbered_name("body.", block, ".rdb"), dense, ".conv") + std::to_string(layer),
                    numbered_name(numbered_name(source, block, rdb), dense, ".conv") + std::to_string(layer) + behind);
      }
    }
  }
}

// Real-ESRGAN's own names, behind a prefix.
RenamedLayers newest_names(const WeightFile& file, const std::string& prefix) {
  RenamedLayers names(prefix);
  rename_blocks(names, count_layers(file, prefix + "body.", ".rdb1.conv1.weight"), "body.", ".rdb", "");
  for (const char* name : {"conv_first", "conv_body", "conv_up1", "conv_up2", "conv_up3", "conv_hr", "conv_last"}) {
    names.layer(name, name);
  }
  return names;
}

RenamedLayers later_names(const WeightFile& file) {
  RenamedLayers names("");
  rename_blocks(names, count_layers(file, "RRDB_trunk.", ".RDB1.conv1.weight"), "RRDB_trunk.", ".RDB", "");
  for (const auto& [now, before] : {std::pair{"conv_first", "conv_first"},
                                    {"conv_body", "trunk_conv"},
                                    {"conv_up1", "upconv1"},
                                    {"conv_up2", "upconv2"},
                                    {"conv_up3", "upconv3"},
                                    {"conv_hr", "HRconv"},
                                    {"conv_last", "conv_last"}}) {
    names.layer(now, before);
  }
  return names;
}

// One torch Sequential: the first convolution, the blocks, then an upsampling, its convolution and its activation for
// each doubling, and two more convolutions with an activation between.
RenamedLayers earliest_names(const WeightFile& file) {
  const int64_t blocks = count_layers(file, "model.1.sub.", ".RDB1.conv1.0.weight");
  int64_t last = 4;
  for (int64_t i = last; i <= 16; ++i) {
    if (file.contains(numbered_name("model.", i, ".weight"))) last = i;
  }
  const int64_t doublings = (last - 4) / 3;
  RenamedLayers names("model.");
  rename_blocks(names, blocks, "1.sub.", ".RDB", ".0");
  names.layer("conv_first", "0");
  names.layer("conv_body", numbered_name("1.sub.", blocks, ""));
  for (int64_t i = 1; i <= doublings; ++i) names.layer(numbered_name("conv_up", i, ""), std::to_string(3 * i));
  names.layer("conv_hr", std::to_string(2 + 3 * doublings));
  names.layer("conv_last", std::to_string(last));
  return names;
}

RenamedLayers names_of_file(const WeightFile& file) {
  for (const char* prefix : {"", "params_ema.", "params."}) {
    if (file.contains(std::string(prefix) + "conv_first.weight") &&
        file.contains(std::string(prefix) + "body.0.rdb1.conv1.weight")) {
      return newest_names(file, prefix);
    }
  }
  if (file.contains("RRDB_trunk.0.RDB1.conv1.weight")) return later_names(file);
  if (file.contains("model.1.sub.0.RDB1.conv1.0.weight")) return earliest_names(file);
  refuse_network(file, "its weights are not named as those of ESRGAN");
}

}  // namespace

RrdbFile rrdb_file(std::shared_ptr<const WeightFile> weights) {
  RrdbFile result;
  const WeightFile& file = *weights;
  for (const WeightEntry& entry : file.entries()) {
    if (entry.name.find("conv1x1") != std::string::npos) refuse_network(file, "it is of the form ESRGAN+");
  }
  result.weights = std::make_shared<RenamedWeights>(weights, names_of_file(file).names());
  const WeightFile& named = *result.weights;
  RrdbConfig& c = result.config;
  c.channels = stored_extent(named, "conv_first.weight", 0);
  c.growth = stored_extent(named, "body.0.rdb1.conv1.weight", 0);
  c.blocks = count_layers(named, "body.", ".rdb1.conv1.weight");
  c.doublings = 0;
  while (named.contains(numbered_name("conv_up", c.doublings + 1, ".weight"))) ++c.doublings;
  const int64_t inputs = stored_extent(named, "conv_first.weight", 1);
  while (c.unshuffle <= 4 && 3 * c.unshuffle * c.unshuffle < inputs) c.unshuffle *= 2;
  if (3 * c.unshuffle * c.unshuffle != inputs || c.scale() < 1) {
    refuse_network(file, "its first layer reads " + std::to_string(inputs) + " channels");
  }
  return result;
}

}  // namespace diptych::models
