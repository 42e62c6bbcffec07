#include "engine/host/training/training_export.h"

#include <algorithm>
#include <utility>

#include "engine/core/error.h"
#include "engine/host/http/errors.h"
#include "engine/host/training/training_recipe.h"
#include "engine/io/files/atomic_file.h"
#include "engine/io/files/mapped_file.h"
#include "engine/io/library/model_index.h"
#include "engine/model/adapters.h"
#include "engine/model/model_source.h"
#include "engine/train/adapters/merge.h"
#include "engine/train/adapters/read_adapter.h"
#include "engine/train/data/recipe.h"
#include "engine/train/exports/adapter_export.h"
#include "engine/train/image/image_base.h"
#include "engine/train/image/image_merge.h"
#include "engine/train/image/token_training.h"
#include "engine/train/text_task.h"
#include "kernels/common/dtype.h"

namespace diptych::host {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse_export(const std::string& thing, const std::string& why, const std::string& to_do) {
  throw Error(ErrorCategory::unsupported, "cannot export", thing, why, to_do);
}

DType float_type(const std::string& name) {
  if (name == "f16") return DType::f16;
  if (name == "bf16") return DType::bf16;
  if (name == "f32" || name.empty()) return DType::f32;
  throw api::FieldError("dtype", "it is none of f32, f16, bf16");
}

// The base on meta: names, shapes and the order of its rows, without its weights.
train::TextBase base_on_meta(Context& meta, const ModelRegistry& registry, const api::TrainingRun& run) {
  return train::load_text_base(meta, registry, run.base_path);
}

// llama.cpp keeps the rows of q and k of this family in pairs.
bool has_paired_rows(const std::string& architecture) {
  return architecture == "llama" || architecture == "mistral";
}

std::string gguf_architecture(const std::string& architecture) {
  return architecture == "mistral" ? "llama" : architecture;
}

fs::path target_path(const api::TrainingRun& run, const api::TrainingResult& result, const api::ExportBody& body) {
  const fs::path folder = body.folder;
  std::error_code error;
  if (!folder.is_absolute() || !fs::is_directory(folder, error)) {
    throw Error(ErrorCategory::invalid_argument, "cannot export into", body.folder, "there is no such folder",
                "choose one that is there");
  }
  std::string name = folder_name(run.name);
  // A1111 and ComfyUI call a word as its file is called.
  const bool by_word = result.is_embedding && body.format == api::ExportFormat::kohya;
  if (by_word) name = train::token_file(result.token).stem().string();
  switch (body.format) {
    case api::ExportFormat::kohya:
    case api::ExportFormat::diffusers:
      name += ".safetensors";
      break;
    case api::ExportFormat::gguf:
      name += ".gguf";
      break;
    case api::ExportFormat::merged:
      name += "-merged";
      if (!fs::is_directory(run.base_path, error)) {
        name += is_gguf_file(run.base_path) ? ".gguf" : fs::path(run.base_path).extension().string();
      }
      break;
    case api::ExportFormat::peft:
      break;
  }
  if (fs::exists(folder / name, error)) {
    throw Error(ErrorCategory::invalid_argument, "cannot export", (folder / name).string(), "it is there already",
                by_word ? "choose another folder" : "choose another folder, or rename the run");
  }
  return folder / name;
}

// Of an image model's adapter: the file whose names are those of the model's own layers, where there is one.
fs::path plainly_named(const fs::path& result) {
  const fs::path beside = result.parent_path() / "pytorch_lora_weights.safetensors";
  std::error_code error;
  return result.extension() == ".safetensors" && fs::is_regular_file(beside, error) ? beside : result;
}

void copy_whole(const fs::path& from, const fs::path& to) {
  AtomicFile file(to);
  file.write(MappedFile::open(from)->bytes());
  file.commit();
}

// Prefixes and architecture of an image model's adapter, as training wrote them.
train::KohyaOptions kohya_options(const Adapter& own, const api::TrainingRun& run, DType dtype) {
  train::KohyaOptions options;
  options.dtype = dtype;
  options.title = run.name;
  const bool transformer = std::ranges::any_of(
      own.layers, [](const AdapterLayer& layer) { return layer.key.starts_with("lora_transformer_"); });
  if (transformer) options.denoiser_prefix = "lora_transformer_";
  return options;
}

bool is_transformer(const Adapter& adapter) {
  return std::ranges::any_of(adapter.layers,
                             [](const AdapterLayer& layer) { return layer.key.starts_with("transformer."); });
}

// The base with the files that the run took its other parts from.
ModelRef image_base_of(const api::TrainingRun& run) {
  return train::image_base_ref(train::parse_recipe(run.recipe.dump(), run.name), run.base_path);
}

// A word as A1111 reads it, or of diffusers its own names.
void export_word(const api::TrainingRun& run, const api::TrainingResult& result, const fs::path& path,
                 api::ExportFormat format) {
  const fs::path own = result.path, folder = own.parent_path();
  if (format == api::ExportFormat::kohya) return copy_whole(own, path);
  if (format != api::ExportFormat::diffusers) {
    refuse_export(run.name, "it is a word, which this format has no place for", "choose kohya or diffusers");
  }
  copy_whole(folder / "learned_embeds.safetensors", path);
  // Of a second encoder beside it, as diffusers' scripts name it.
  const fs::path second = folder / "learned_embeds_2.safetensors";
  std::error_code error;
  if (fs::is_regular_file(second, error))
    copy_whole(second, path.parent_path() / (path.stem().string() + "_2.safetensors"));
}

void write_merged(const ModelRegistry& registry, const api::TrainingRun& run,
                  const std::shared_ptr<const Adapter>& adapter, const fs::path& path, const api::ExportBody& body,
                  const CancelToken& cancel) {
  Context meta(meta_device, 1), ctx(cpu_device, 1);
  ctx.cancel = cancel;
  const AdapterUse use{.adapter = adapter};
  if (run.kind == api::TrainingKind::image) {  // in the types and the form of its base
    train::write_merged_image_model(ctx, registry, image_base_of(run), {&use, 1}, path);
    return;
  }
  const train::TextBase base = base_on_meta(meta, registry, run);
  const ModelPart part{"model", base.targets};
  const train::MergedWeights merged(ctx, part, {&use, 1});
  if (base.source.gguf) {
    const auto type = parse_dtype(body.dtype == "f32" || body.dtype.empty() ? "q8_0" : body.dtype);
    if (!type) throw api::FieldError("dtype", "it is no type of GGUF files");
    train::write_merged_gguf(merged, *base.source.gguf, path, *type);
  } else {
    train::write_merged_folder(merged, run.base_path, path);
  }
}

}  // namespace

fs::path export_result(const ModelRegistry& registry, const api::TrainingRun& run, const api::TrainingResult& result,
                       const api::ExportBody& body, const CancelToken& cancel) {
  const fs::path path = target_path(run, result, body);
  if (result.is_embedding) {
    export_word(run, result, path, body.format);
    return path;
  }
  if (!result.is_adapter) {
    refuse_export(run.name, "all weights were trained: it is a model already", "copy its folder");
  }
  const std::shared_ptr<const Adapter> adapter = open_adapter(result.path);
  if (body.format == api::ExportFormat::merged) {
    write_merged(registry, run, adapter, path, body, cancel);
    return path;
  }
  const bool text = run.kind == api::TrainingKind::text;
  const DType dtype = float_type(body.dtype);
  if (!text && body.format == api::ExportFormat::kohya && dtype == DType::f32) {
    copy_whole(result.path, path);  // with the header that it was written with
    return path;
  }
  Context ctx(cpu_device, 1);
  ctx.cancel = cancel;
  const std::shared_ptr<const Adapter> plain = text ? adapter : open_adapter(plainly_named(result.path));
  train::TrainedAdapter trained = train::read_trained_adapter(ctx, *plain);
  trained.base_model = run.base_path;
  if (body.format == api::ExportFormat::peft) {
    train::PeftOptions options;
    options.dtype = dtype;
    if (!text) options.task_type.clear();
    train::export_peft(path, trained, options);
  } else if (body.format == api::ExportFormat::kohya) {
    train::export_kohya(path, trained, kohya_options(*adapter, run, dtype));
  } else if (body.format == api::ExportFormat::diffusers) {
    train::DiffusersOptions options;
    options.dtype = dtype;
    if (is_transformer(*plain)) options.denoiser = "transformer";
    train::export_diffusers(path, trained, options);
  } else {
    if (!text) refuse_export(run.name, "llama.cpp's adapters are for language models", "choose kohya or diffusers");
    Context meta(meta_device, 1);
    const train::TextBase base = base_on_meta(meta, registry, run);
    train::GgufAdapterOptions options;
    options.dtype = dtype;
    options.architecture = gguf_architecture(base.source.architecture());
    options.name = run.name;
    if (has_paired_rows(base.source.architecture())) trained.paired_head_dim = base.model->info().head_dim;
    train::export_gguf_adapter(path, trained, options);
  }
  train::verify_export(path, trained, dtype);
  return path;
}

TrainingExports::~TrainingExports() {
  const std::lock_guard lock(mutex_);
  for (Running& one : running_) one.job->cancel.cancel();
  for (Running& one : running_) one.thread.join();
}

std::string TrainingExports::start(const api::TrainingRun& run, const api::TrainingResult& result,
                                   const api::ExportBody& body) {
  target_path(run, result, body);  // what is wrong with it is said at once
  auto job = jobs_.create_and_post(api::JobKind::export_result, "Export " + run.name, {{"run", run.id}});
  std::thread thread([registry = registry_, job, run, result, body] {
    try {
      job->start();
      const fs::path path = export_result(*registry, run, result, body, job->cancel);
      std::error_code error;
      const int64_t bytes =
          fs::is_directory(path, error) ? model_bytes(path) : static_cast<int64_t>(fs::file_size(path, error));
      job->end(api::JobState::done, {}, {{"path", path.string()}, {"size_bytes", bytes}});
    } catch (...) {
      const bool cancelled = job->cancel.cancelled();
      job->end(cancelled ? api::JobState::cancelled : api::JobState::failed,
               cancelled ? std::nullopt : std::optional(describe(std::current_exception())));
    }
  });
  const std::lock_guard lock(mutex_);
  // Those that have ended are joined here.
  std::erase_if(running_, [](Running& one) {
    const bool over = api::ended(one.job->info().state);
    if (over) one.thread.join();
    return over;
  });
  running_.push_back({job, std::move(thread)});
  return job->id();
}

}  // namespace diptych::host
