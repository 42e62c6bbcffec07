#include "engine/train/image/image_merge.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/diffusion/image_model.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/sha256.h"
#include "engine/io/formats/safetensors.h"
#include "engine/io/library/pipeline_folder.h"
#include "engine/train/adapters/merge.h"
#include "engine/train/exports/linked_files.h"

namespace diptych::train {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_image_merge(const std::string& thing, const std::string& why) {
  throw Error(ErrorCategory::unsupported, "cannot merge adapter", thing, why,
              "use the adapter beside the model instead");
}

std::string sum_of(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

// A component of the base with the adapter's part of it.
struct MergedComponent {
  std::string name;
  std::unique_ptr<MergedWeights> weights;
  std::map<std::string, std::string> sums = {};  // of the changed weights' bytes, as they were written

  std::vector<std::byte> changed_bytes(const WeightEntry& entry) {
    if (!entry.type || is_quantized(*entry.type)) {
      refuse_image_merge(entry.name, "it is stored as " + std::string(entry.type_name) +
                                         ", and rounding to that would lose what was trained");
    }
    std::vector<std::byte> bytes = weights->bytes(entry.name, *entry.type);
    sums[entry.name] = sum_of(bytes);
    return bytes;
  }
};

class ImageMerge {
 public:
  ImageMerge(Context& ctx, const ModelRegistry& registry, const ModelRef& base, std::span<const AdapterUse> uses)
      : ctx_(ctx),
        registry_(registry),
        base_(base),
        model_(diffusion::load_image_model(meta_, registry, diffusion::open_parts(registry, base))) {
    const AdapterMatch match = match_adapters(model_.adaptable, uses);
    for (const ModelPart& part : model_.adaptable) {
      const bool changes = std::ranges::any_of(part.targets->all(), [&](const auto& target) {
        const auto found = match.changes.find(target.get());
        return found != match.changes.end() && !found->second.empty();
      });
      if (changes) changed_.push_back({part.component, std::make_unique<MergedWeights>(ctx_, part, uses)});
    }
    if (changed_.empty()) refuse_image_merge(base.path.string(), "the adapter changes none of its weights");
  }

  void write(const fs::path& path) {
    if (is_pipeline_folder(base_.path)) {
      write_folder(path);
    } else {
      write_file(path);
    }
    verify(path);
  }

 private:
  static bool is_weights(const fs::path& file) {
    const std::string name = file.filename().string(), ending = file.extension().string();
    return ending == ".safetensors" || ending == ".bin" || name.ends_with(".index.json");
  }

  std::string folder_of(const MergedComponent& component) const {
    if (component.name != "denoiser") return component.name;
    return fs::is_directory(base_.path / "unet") ? "unet" : "transformer";
  }

  void write_folder(const fs::path& folder) {
    std::error_code error;
    make_folder(folder);
    if (fs::equivalent(base_.path, folder, error)) refuse_image_merge(folder.string(), "it is the model's own folder");
    for (MergedComponent& one : changed_) {
      const fs::path own = base_.path / folder_of(one);
      const fs::path source = one.weights->file()->path();
      if (!source.lexically_normal().string().starts_with(own.lexically_normal().string())) {
        refuse_image_merge(source.string(), "it is no file of the base's folder " + base_.path.string());
      }
    }
    link_files(base_.path, folder, [&](const fs::path& name) {
      return std::ranges::none_of(
          changed_, [&](const MergedComponent& one) { return *name.begin() == folder_of(one) && is_weights(name); });
    });
    for (MergedComponent& one : changed_) {
      const char* name = one.name == "denoiser" ? "diffusion_pytorch_model.safetensors" : "model.safetensors";
      write_component_file(one, folder / folder_of(one) / name);
    }
  }

  static void write_component_file(MergedComponent& component, const fs::path& path) {
    std::vector<NamedTensor> tensors;
    for (const WeightEntry& entry : component.weights->file()->entries()) {
      if (!entry.type || is_quantized(*entry.type)) {
        refuse_image_merge(entry.name, "safetensors files do not hold its type " + std::string(entry.type_name));
      }
      NamedTensor tensor{entry.name, *entry.type, entry.dims, {}};
      tensor.produce = [&component, &entry] {
        return component.weights->changes(entry.name) ? component.changed_bytes(entry)
                                                      : component.weights->bytes(entry.name, *entry.type);
      };
      tensors.push_back(std::move(tensor));
    }
    write_safetensors(path, tensors, {{"format", "pt"}});
  }

  // What changes, by its place in the base's file.
  struct Patch {
    MergedComponent* component;
    const WeightEntry* entry;
  };

  std::map<uint64_t, Patch> patches(const MappedFile& file) {
    std::map<uint64_t, Patch> patches;
    for (MergedComponent& one : changed_) {
      const WeightFile& weights = *one.weights->file();
      for (const WeightEntry& entry : weights.entries()) {
        if (!one.weights->changes(entry.name)) continue;
        const MappedFile& held = *weights.files()[entry.file];
        std::error_code error;
        if (!fs::equivalent(held.path(), file.path(), error) || held.bytes().size() != file.bytes().size()) {
          refuse_image_merge(entry.name,
                             "it is in another file than " + base_.path.string() + ", or stored transposed");
        }
        patches[entry.offset] = {&one, &entry};
      }
    }
    return patches;
  }

  void write_file(const fs::path& path) {
    std::error_code error;
    if (fs::equivalent(base_.path, path, error)) refuse_image_merge(path.string(), "it is the model's own file");
    const auto file = MappedFile::open(base_.path);
    AtomicFile target(path);
    uint64_t written = 0;
    const auto copy_to = [&](uint64_t end) {
      target.write(file->bytes().subspan(written, end - written));
      file->release(written, end - written);
      written = end;
    };
    for (const auto& [offset, patch] : patches(*file)) {
      copy_to(offset);
      const std::vector<std::byte> bytes = patch.component->changed_bytes(*patch.entry);
      assert(bytes.size() == patch.entry->bytes);
      target.write(bytes);
      written += bytes.size();
    }
    copy_to(file->bytes().size());
    target.commit();
  }

  // As models read it.
  void verify(const fs::path& path) {
    ModelRef written = base_;
    written.path = path;
    Context meta(meta_device, 1);
    const diffusion::ImageModel model =
        diffusion::load_image_model(meta, registry_, diffusion::open_parts(registry_, written));
    for (const MergedComponent& one : changed_) {
      const auto part = std::ranges::find(model.adaptable, one.name, &ModelPart::component);
      for (const auto& [name, sum] : one.sums) {
        const WeightView view = part->targets->all().front()->file->require(name);
        if (sum_of({view.data, view.bytes}) == sum) continue;
        throw Error(ErrorCategory::invalid_file, "cannot verify merged model", path.string(),
                    "its weight " + name + " is not what was written", "check the disk, and merge again");
      }
    }
  }

  Context& ctx_;
  Context meta_{meta_device, 1};
  const ModelRegistry& registry_;
  const ModelRef& base_;
  diffusion::ImageModel model_;
  std::vector<MergedComponent> changed_;
};

}  // namespace

void write_merged_image_model(Context& ctx, const ModelRegistry& registry, const ModelRef& base,
                              std::span<const AdapterUse> uses, const fs::path& path) {
  ImageMerge(ctx, registry, base, uses).write(path);
}

}  // namespace diptych::train
