// Stable Diffusion's autoencoder as a folder whose weights are a hole in a file: for the meta device, which reads
// headers alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace diptych::testing {

class VaeShapes {
 public:
  explicit VaeShapes(const std::filesystem::path& folder) {
    const std::vector<int64_t> channels{128, 256, 512, 512};
    encoder(channels);
    decoder({512, 512, 256, 128});
    conv("quant_conv", 8, 8, 1);
    conv("post_quant_conv", 4, 4, 1);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "config.json")
        << nlohmann::json{{"_class_name", "AutoencoderKL"},
                          {"block_out_channels", channels},
                          {"layers_per_block", 2},
                          {"latent_channels", 4},
                          {"down_block_types", std::vector<std::string>(4, "DownEncoderBlock2D")},
                          {"up_block_types", std::vector<std::string>(4, "UpDecoderBlock2D")}}
               .dump();
    const std::string header = header_.dump();
    const auto length = static_cast<uint64_t>(header.size());
    const std::filesystem::path file = folder / "diffusion_pytorch_model.safetensors";
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(&length), sizeof length) << header;
    std::filesystem::resize_file(file, sizeof length + header.size() + static_cast<uint64_t>(end_));
  }

 private:
  void add(const std::string& name, const std::vector<int64_t>& shape) {
    int64_t bytes = 2;
    for (const int64_t extent : shape) bytes *= extent;
    header_[name] = {{"dtype", "F16"}, {"shape", shape}, {"data_offsets", {end_, end_ + bytes}}};
    end_ += bytes;
  }
  void layer(const std::string& name, const std::vector<int64_t>& shape) {
    add(name + ".weight", shape);
    add(name + ".bias", {shape.front()});
  }
  void conv(const std::string& name, int64_t in, int64_t out, int64_t side = 3) { layer(name, {out, in, side, side}); }
  void resnet(const std::string& name, int64_t in, int64_t out) {
    layer(name + ".norm1", {in});
    conv(name + ".conv1", in, out);
    layer(name + ".norm2", {out});
    conv(name + ".conv2", out, out);
    if (in != out) conv(name + ".conv_shortcut", in, out, 1);
  }
  void middle(const std::string& name, int64_t channels) {
    resnet(name + ".resnets.0", channels, channels);
    resnet(name + ".resnets.1", channels, channels);
    layer(name + ".attentions.0.group_norm", {channels});
    for (const char* part : {"to_q", "to_k", "to_v", "to_out.0"}) {
      layer(name + ".attentions.0." + part, {channels, channels});
    }
  }
  void encoder(const std::vector<int64_t>& channels) {
    conv("encoder.conv_in", 3, channels.front());
    int64_t in = channels.front();
    for (size_t i = 0; i < channels.size(); ++i) {
      const std::string name = "encoder.down_blocks." + std::to_string(i);
      for (int64_t j = 0; j < 2; ++j)
        resnet(name + ".resnets." + std::to_string(j), j == 0 ? in : channels[i], channels[i]);
      in = channels[i];
      if (i + 1 < channels.size()) conv(name + ".downsamplers.0.conv", in, in);
    }
    middle("encoder.mid_block", in);
    layer("encoder.conv_norm_out", {in});
    conv("encoder.conv_out", in, 8);
  }
  void decoder(const std::vector<int64_t>& channels) {
    int64_t in = channels.front();
    conv("decoder.conv_in", 4, in);
    middle("decoder.mid_block", in);
    for (size_t i = 0; i < channels.size(); ++i) {
      const std::string name = "decoder.up_blocks." + std::to_string(i);
      for (int64_t j = 0; j < 3; ++j)
        resnet(name + ".resnets." + std::to_string(j), j == 0 ? in : channels[i], channels[i]);
      in = channels[i];
      if (i + 1 < channels.size()) conv(name + ".upsamplers.0.conv", in, in);
    }
    layer("decoder.conv_norm_out", {in});
    conv("decoder.conv_out", in, 3);
  }

  nlohmann::json header_;
  int64_t end_ = 0;
};

}  // namespace diptych::testing
