#include <algorithm>
#include <cmath>

#include "engine/core/context.h"
#include "engine/core/error.h"
#include "engine/model/adapter_delta.h"
#include "engine/model/adapter_file.h"
#include "engine/model/adapter_parts.h"
#include "engine/model/weight_targets.h"
#include "engine/train/exports/adapter_export.h"

namespace diptych::train {
namespace {

constexpr std::string_view dora_names[] = {"magnitude", "dora_scale"};

class ExportCheck {
 public:
  ExportCheck(const Adapter& file, const TrainedAdapter& adapter, DType dtype)
      : file_(file),
        adapter_(adapter),
        rounding_(dtype == DType::f32   ? 1e-6
                  : dtype == DType::f16 ? 1e-3
                                        : 8e-3) {}

  void operator()() {
    if (file_.layers.size() != adapter_.layers.size()) {
      fail("it has " + std::to_string(file_.layers.size()) + " layers, not " + std::to_string(adapter_.layers.size()));
    }
    for (const TrainedLayer& layer : adapter_.layers) check(layer, find(layer));
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorCategory::invalid_file, "cannot verify exported adapter", file_.path.string(), why,
                "export it again; if this repeats, report it");
  }

  // A language model's layers carry no component in files.
  bool same_layer(const TrainedLayer& ours, const AdapterLayer& theirs) const {
    const bool same_component =
        theirs.component == ours.component || (theirs.component.empty() && ours.component != "text_encoder");
    if (!same_component) return false;
    for (const std::string& name : names_of(ours)) {
      if (theirs.layer == (theirs.underscored ? with_underscores(name) : name)) return true;
    }
    return false;
  }

  static std::vector<std::string> names_of(const TrainedLayer& layer) {
    std::vector<std::string> names{layer.layer, "text_model." + layer.layer};
    if (layer.component != "model") return names;
    try {
      names.push_back(gguf_layer_name(layer.layer));
    } catch (const Error&) {
      // A layer that GGUF has no name for is in files of other kinds only.
    }
    return names;
  }

  const AdapterLayer& find(const TrainedLayer& layer) const {
    const auto found = std::ranges::find_if(file_.layers, [&](const auto& one) { return same_layer(layer, one); });
    if (found == file_.layers.end()) fail("it lacks the layer " + layer.layer);
    return *found;
  }

  void check(const TrainedLayer& ours, const AdapterLayer& theirs) {
    const AdapterParts parts(file_, theirs);
    const double scale = static_cast<double>(adapter_delta(ctx_, file_, theirs, false).scale);
    for (const auto& [part, value] : ours.parts) {
      std::string name = part;
      for (const std::string_view dora : dora_names) {
        if (part == "magnitude" && parts.has(std::string(dora))) name = dora;
      }
      if (!parts.has(name)) fail(theirs.key + " lacks its " + part);
      Tensor expected = value;
      const bool paired = adapter_.paired_head_dim > 0 && part == "lora_up" && theirs.layer != ours.layer &&
                          (theirs.layer.ends_with(".attn_q") || theirs.layer.ends_with(".attn_k"));
      if (paired) expected = with_paired_rows(value, adapter_.paired_head_dim);
      // Some formats have the scale within B, or within a whole factor.
      const bool scaled = part == "lora_up" || (part == "lokr_w2" && TrainedAdapter::is_whole(ours));
      const double factor = scaled ? scale / adapter_.scale(ours) : 1;
      compare(theirs.key + " " + part, parts.read(ctx_, name), expected, factor);
    }
    const bool scaled_apart = adapter_.method != AdapterMethod::lora && !TrainedAdapter::is_whole(ours);
    if (scaled_apart && std::abs(scale - adapter_.scale(ours)) > 1e-6 * std::abs(adapter_.scale(ours))) {
      fail(theirs.key + " is scaled by " + std::to_string(scale) + ", not " + std::to_string(adapter_.scale(ours)));
    }
  }

  void compare(const std::string& name, const Tensor& read, const Tensor& expected, double factor) const {
    if (read.elements() != expected.elements()) fail(name + " has another size");
    const float *theirs = read.data<float>(), *ours = expected.data<float>();
    for (int64_t i = 0; i < read.elements(); ++i) {
      const double value = static_cast<double>(theirs[i]) * factor, wanted = static_cast<double>(ours[i]);
      if (std::abs(value - wanted) > rounding_ * std::abs(wanted) + 1e-7) {
        fail(name + " differs: value " + std::to_string(i) + " is " + std::to_string(value) + ", not " +
             std::to_string(wanted));
      }
    }
  }

  const Adapter& file_;
  const TrainedAdapter& adapter_;
  double rounding_;
  Context ctx_{cpu_device, 1};
};

}  // namespace

void verify_export(const std::filesystem::path& path, const TrainedAdapter& trained, DType dtype) {
  const auto file = open_adapter(path);
  ExportCheck(*file, as_hugging_face(trained), dtype)();
}

}  // namespace diptych::train
