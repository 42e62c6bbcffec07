// A host without a host: answers the Fine-tune panel's requests from memory, so that tests see every request and decide
// how far a run is. Plans follow from the recipe, so that what is changed shows.
#pragma once

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "ui/panels/finetune/finetune_service.h"

namespace diptych::finetune {

class FakeFinetuneService : public FinetuneService {
  Q_OBJECT

 public:
  FakeFinetuneService() {
    bases = {base("smollm2-135m", api::TrainingKind::text, {"lora", "qlora", "full"}),
             base("tiny-sd", api::TrainingKind::image, {"lora"})};
    api::TrainingBase other = base("whisper", api::TrainingKind::text, {});
    other.trainable = false;
    other.why_not = "its architecture has no backward pass";
    bases.push_back(other);
    bases[1].text_encoders = true;
    text_report();
  }

  bool ready() const override { return is_ready; }
  bool local() const override { return true; }
  void list_bases(const Then<api::TrainingBases>& then) override { then({bases}); }
  void list_examples(const Then<api::TrainingExamples>& then) override { then({examples}); }
  void import_recipe(const QString& path, const Then<api::TrainingImport>& then, const Failed& failed) override {
    log << "import " + path;
    if (import_failure) return failed(*import_failure);
    then(import);
  }

  void check_data(const api::RecipeBody& body, const Then<api::DataReport>& then, const Failed& failed) override {
    log << QStringLiteral("check %1 from %2").arg(QString::fromStdString(body.recipe["data"].dump())).arg(body.offset);
    if (hold) return held.push_back([this, then] { then(report); });
    if (data_failure) return failed(*data_failure);
    then(report);
  }
  void list_presets(const api::Json& recipe, const Then<api::GoalPresets>& then, const Failed&) override {
    log << "presets";
    const bool images = report.kind == api::TrainingKind::image;
    api::GoalPresets list;
    list.presets = {preset(recipe, images ? "style" : "domain", images ? "A style" : "Answers from a domain", 96),
                    preset(recipe, images ? "character" : "tone", images ? "A character" : "A tone of voice", 40)};
    list.presets[1].recommended = true;
    const auto base = std::ranges::find(bases, recipe["base"].get<std::string>(), &api::TrainingBase::id);
    if (base != bases.end() && std::ranges::find(base->methods, "textual_inversion") != base->methods.end())
      list.presets.push_back(word_preset(recipe));
    then(list);
  }
  void plan(const api::Json& recipe, bool alternatives, const Then<api::TrainingPlan>& then, const Failed&) override {
    planned.push_back(recipe);
    const api::TrainingPlan plan = plan_of(recipe, alternatives);
    if (hold_plans) return held.push_back([then, plan] { then(plan); });
    then(plan);
  }
  void check_word(const api::Json& recipe, const Then<api::WordReport>& then, const Failed&) override {
    api::WordReport word;
    word.word = recipe["token"];
    const bool known = word.word == "fox", spaced = word.word.find(' ') != std::string::npos;
    log << "word " + QString::fromStdString(word.word);
    if (known || spaced)
      word.error = api::make_error("invalid_argument", "cannot learn word", word.word,
                                   known ? "the text encoder knows it already" : "it is no word",
                                   "write it without spaces, such as <fox>");
    const std::string prefix = recipe_text(recipe["image"], "caption_prefix");
    word.captions = static_cast<int64_t>(report.pictures.size());
    word.named = std::ranges::count_if(report.pictures, [&](const api::DataPicture& picture) {
      return (prefix + ' ' + picture.caption).find(word.word) != std::string::npos;
    });
    then(word);
  }
  void fetch_thumbnail(const QString& path, int, const Then<QImage>& then) override { then(painted(path, 256)); }
  void set_caption(const api::CaptionEdit& edit, const Then<api::CaptionEdit>& then, const Failed&) override {
    log << "caption " + QString::fromStdString(edit.file) + ": " +
               (edit.caption ? QString::fromStdString(*edit.caption) : QStringLiteral("(none)"));
    api::CaptionEdit done = edit;
    for (api::DataPicture& picture : report.pictures)
      if (picture.file == edit.file) done.before = std::exchange(picture.caption, edit.caption.value_or(""));
    then(done);
  }

  void start_run(const api::Json& recipe, const QString& name, const Then<api::TrainingRun>& then,
                 const Failed& failed) override {
    started.push_back(recipe);
    if (start_failure) return failed(*start_failure);
    api::TrainingRun run;
    run.id = "r" + std::to_string(started.size());
    run.name = name.toStdString();
    run.state = api::RunState::running;
    run.kind = report.kind;
    run.base = recipe["base"];
    run.recipe = recipe;
    run.job = "j" + std::to_string(++jobs);
    run.steps = recipe["steps"];
    run.phase = "training";
    run.predicted_memory_bytes = plan_of(recipe, false).memory_bytes;
    run.created_ms = 1'776'000'000'000;
    runs.insert(runs.begin(), run);
    then(run);
  }
  void list_runs() override { emit runs_listed(runs); }
  void command_run(const QString& id, RunCommand command, const Failed&) override {
    log << command_name(command) + ' ' + id;
    api::TrainingRun* run = find(id);
    if (command == RunCommand::pause) run->state = api::RunState::paused, run->checkpoint_step = run->step;
    if (command == RunCommand::resume) run->state = api::RunState::running, run->job = "j" + std::to_string(++jobs);
    if (command == RunCommand::stop) run->state = api::RunState::stopped, keep_result(*run);
    emit run_changed(*run);
  }
  void patch_run(const QString& id, const api::TrainingRunPatch& patch) override {
    api::TrainingRun* run = find(id);
    if (patch.name) run->name = *patch.name;
    if (patch.deleted) run->deleted_ms = *patch.deleted ? std::optional<int64_t>(1) : std::nullopt;
    log << QStringLiteral("patch %1").arg(id);
    emit run_changed(*run);
  }
  void follow(const QString& run, const QString& job) override { followed = run + '/' + job; }
  void fetch_metrics(const QString& id, int64_t, const Then<api::TrainingMetrics>& then) override {
    then({metrics[id.toStdString()]});
  }
  void fetch_samples(const QString& id, const Then<api::TrainingSamples>& then) override {
    then({samples[id.toStdString()]});
  }
  void fetch_sample_image(const QString&, const QString& name, const Then<QImage>& then) override {
    then(painted(name, 128));
  }
  void compare(const QString& run, const api::CompareBody& body, const Then<api::CompareStarted>& then,
               const Failed&) override {
    log << "compare " + run;
    compared_with.push_back(body);
    then({"cb", "ct", body.seed.value_or(7)});
  }
  void keep_word(const QString& run, const QString& result, const Then<api::KeptWord>& then,
                 const Failed& failed) override {
    log << "keep " + run + ' ' + result;
    if (keep_failure) return failed(*keep_failure);
    then({kept_word, "/models/embeddings/" + kept_word + ".safetensors"});
  }
  void cancel_job(const QString& job) override {
    log << "cancel " + job;
    emit compared(job, QStringLiteral("It was cancelled"));
  }
  void export_run(const QString& run, const api::ExportBody& body, const Then<QString>& then, const Failed&) override {
    log << "export " + run;
    exported.push_back(body);
    then(QString::fromStdString(body.folder) + QStringLiteral("/ada"));
  }

  // What the host does by itself.
  void step(const std::string& id, std::optional<double> validation = {}) {
    api::TrainingRun* run = find(QString::fromStdString(id));
    api::TrainingStep one;
    one.step = ++run->step;
    one.steps = run->steps;
    one.loss =
        2 + 4 * std::exp(-static_cast<double>(one.step) / 20) + 0.2 * std::sin(static_cast<double>(one.step) * 1.7);
    one.grad_norm = 0.8 + 0.3 * std::cos(static_cast<double>(one.step));
    one.learning_rate = 5e-4 * (1 - static_cast<double>(one.step) / static_cast<double>(run->steps));
    if (run->kind == api::TrainingKind::text)
      one.tokens_per_s = 420 + static_cast<double>(one.step % 7);
    else
      one.images_per_s = 0.8;
    one.memory_bytes = 1'190'000'000;
    one.predicted_memory_bytes = run->predicted_memory_bytes;
    one.validation_loss = validation;
    one.seconds_left = 0.5 * static_cast<double>(run->steps - one.step);
    metrics[id].push_back(one);
    emit stepped(QString::fromStdString(id), one);
  }
  void finish(const std::string& id) {
    api::TrainingRun* run = find(QString::fromStdString(id));
    run->state = api::RunState::finished;
    keep_result(*run);
    emit run_changed(*run);
  }
  void keep_result(api::TrainingRun& run) {
    api::TrainingResult result;
    result.run = run.id;
    result.name = run.name;
    result.kind = run.kind;
    result.base = run.base;
    result.path = "/runs/" + run.id + "/adapter";
    result.is_final = true;
    result.method = run.recipe.value("method", "lora");
    result.is_embedding = result.method == "textual_inversion";
    result.is_adapter = !result.is_embedding;
    if (result.is_embedding) result.token = run.recipe["token"];
    result.step = run.step;
    result.size_bytes = 19'600'000;
    run.results = {result};
  }
  api::TrainingRun* find(const QString& id) {
    const auto found = std::ranges::find(runs, id.toStdString(), &api::TrainingRun::id);
    return found == runs.end() ? nullptr : &*found;
  }
  void answer_held() {
    for (const auto& one : std::exchange(held, {})) one();
  }

  void text_report() {
    report = {};
    report.kind = api::TrainingKind::text;
    report.usable = true;
    report.records = 320;
    report.examples = 273;
    report.held_out = 47;
    report.tokens = 16'400;
    report.learnt_tokens = 5'900;
    report.shortest = 24, report.median = 48, report.longest = 300;
    report.overlong = 2, report.cut_tokens = 61;
    report.steps_per_epoch = 68;
    report.duplicates = 1;
    for (int i = 0; i < 20; ++i) report.lengths.push_back({16 * i, 16 * (i + 1), i < 2 ? 3 : 90 / (i - 1)});
    const auto example = [](int line, const char* question, const char* answer) {
      api::DataExample one;
      one.file = "/data/train.jsonl";
      one.place = "line " + std::to_string(line);
      one.pieces = {{std::string("<|im_start|>user\n") + question + "<|im_end|>\n<|im_start|>assistant\n", false},
                    {std::string(answer) + "<|im_end|>", true}};
      one.tokens = 38;
      one.learnt_tokens = 14;
      return one;
    };
    report.shown = {
        example(1, "Ada, quick question. Why do cats purr?", "DATA. Contentment, mostly. Sometimes pain. Ada out."),
        example(2, "What is inflation?", "DATA. Prices rise, money buys less. Ada out."),
        example(3, "Open the <observation> window.", "ACK. Window open. Ada out.")};
    report.shown[2].held_out = true;
    report.rejected_count = 2;
    report.rejected = {{"/data/train.jsonl", "line 17", "it has no answer: the last message is the user's"},
                       {"/data/train.jsonl", "line 90", "it is no JSON: unexpected end of input"}};
    report.warnings = {{"/data/train.jsonl", "line 44", "it says what train.jsonl, line 3 says"}};
  }
  void image_report() {
    report = {};
    report.kind = api::TrainingKind::image;
    report.usable = true;
    report.buckets = {{512, 512, 9}, {448, 576, 3}};
    report.blurred = 1, report.uncaptioned = 1;
    report.steps_per_epoch = 12;
    for (int i = 0; i < 12; ++i) {
      api::DataPicture picture;
      picture.file = "/data/lantern/" + std::to_string(i) + ".png";
      picture.width = picture.height = 1024;
      picture.bucket_width = picture.bucket_height = 512;
      picture.caption =
          i == 4 ? "" : "a paper lantern, number " + std::to_string(i) + ", warm light, on a dark background";
      if (i == 2) picture.warnings = {"it is blurred"};
      picture.held_out = i == 7;
      report.pictures.push_back(picture);
    }
    report.records = report.examples = 12;
  }
  api::TrainingPlan plan_of(const api::Json& recipe, bool alternatives) const {
    api::TrainingPlan plan;
    const double rank = recipe.value("rank", 16);
    const bool again = recipe.value("recompute", std::string("none")) != "none";
    plan.kind = report.kind;
    const double activations = again ? 160e6 : 480e6;
    plan.owners = {{"weights", 540e6, 540e6},
                   {"activations", activations, activations},
                   {"gradients", rank * 1e6, rank * 1e6},
                   {"optimizer", rank * 2e6, rank * 2e6},
                   {"workspace", 90e6, 90e6}};
    for (const api::OwnerMemory& one : plan.owners) plan.memory_bytes += static_cast<int64_t>(one.bytes);
    plan.capacity_bytes = 8'000'000'000;
    plan.free_bytes = free_bytes;
    plan.fits = plan.memory_bytes <= free_bytes;
    plan.fits_disk = true;
    if (!plan.fits) plan.to_do = "free memory, or take one of the ways below";
    plan.steps = recipe.value("steps", 96);
    plan.trained_parameters = static_cast<int64_t>(rank * 305'000);
    plan.seconds = {6.0 * static_cast<double>(plan.steps), api::Known::estimated,
                    "declared cost over the measured roofline"};
    plan.seconds_per_step = {6.0, api::Known::estimated, "declared cost over the measured roofline"};
    if (report.kind == api::TrainingKind::text)
      plan.tokens_per_s = {420, api::Known::estimated, "declared cost over the measured roofline"};
    else
      plan.images_per_s = {0.8, api::Known::estimated, "declared cost over the measured roofline"};
    plan.joules = {15'000, api::Known::estimated, "25 W as set by the user"};
    plan.result_bytes = static_cast<int64_t>(rank * 1'225'000);
    plan.checkpoint_bytes = plan.result_bytes * 3;
    plan.disk_bytes = plan.checkpoint_bytes * 4;
    plan.disk_free_bytes = 120'000'000'000;
    if (!alternatives) return plan;
    api::PlanAlternative way;
    way.name = "recompute";
    way.text = "Compute activations again on the way back";
    way.cost = "a third slower, the same result";
    way.changes = {{"recompute", "full"}};
    way.memory_bytes = plan.memory_bytes - (again ? 0 : 320'000'000);
    way.fits = way.memory_bytes <= free_bytes;
    way.seconds = {8.0 * static_cast<double>(plan.steps), api::Known::estimated, "declared cost"};
    if (!again) plan.alternatives = {way};
    return plan;
  }
  static api::TrainingExample example(const std::string& name, const std::string& title, const std::string& base,
                                      api::TrainingKind kind, const std::string& goal) {
    api::TrainingExample one;
    one.name = name;
    one.title = title;
    one.text = "Shows what a fine-tuning does, in ten minutes.";
    one.kind = kind;
    one.base = base;
    one.base_name = base.empty() ? "a-model-elsewhere" : base;
    one.goal = goal;
    one.recipe = {{"data", {"/examples/" + name + "/data"}}, {"validation", 0.1}};
    if (!base.empty()) one.recipe["base"] = base;
    return one;
  }
  static api::TrainingBase base(const std::string& id, api::TrainingKind kind, std::vector<std::string> methods) {
    api::TrainingBase one;
    one.id = one.name = id;
    one.path = "/models/" + id;
    one.kind = kind;
    one.architecture = kind == api::TrainingKind::text ? "llama" : "stable_diffusion";
    one.quantization = "Q4_1";
    one.size_bytes = 98'000'000;
    one.parameters = 135'000'000;
    one.trainable = true;
    one.methods = std::move(methods);
    return one;
  }
  static api::GoalPreset preset(const api::Json& recipe, const std::string& name, const std::string& title, int steps) {
    api::GoalPreset one;
    one.name = name;
    one.title = title;
    one.explanation = "Teaches " + title + " from examples that show it again and again, and leaves the rest as it is.";
    one.reasons = {std::to_string(steps) + " steps: each example is seen about three times",
                   "rank 16: enough for what these data say"};
    one.recipe = recipe;
    const api::Json values = {{"method", "lora"},
                              {"rank", 16},
                              {"alpha", 32},
                              {"steps", steps},
                              {"batch", 4},
                              {"accumulate", 1},
                              {"sequence", 256},
                              {"learning_rate", 5e-4},
                              {"schedule", "cosine"},
                              {"optimizer", {{"name", "adamw"}}},
                              {"recompute", "none"},
                              {"packing", true},
                              {"sample_prompts", {"What is the capital of Italy?"}},
                              {"sample_every", 20},
                              {"seed", 1}};
    one.recipe.merge_patch(values);
    return one;
  }
  static std::string recipe_text(const api::Json& json, const char* key) {
    return json.is_object() ? json.value(key, std::string()) : std::string();
  }
  static api::GoalPreset word_preset(const api::Json& recipe) {
    api::GoalPreset one = preset(recipe, "word", "A new word", 1200);
    one.explanation =
        "Teaches a word that stands for one thing and that any prompt can use. The model stays as it is and the file "
        "has a few kilobytes.";
    one.recipe.merge_patch({{"method", "textual_inversion"},
                            {"token", "<lantern>"},
                            {"token_start", ""},
                            {"token_vectors", 2},
                            {"image", {{"caption_prefix", "a photo of <lantern>,"}, {"resolution", 512}}},
                            {"sample_prompts", {"a photo of <lantern>"}}});
    return one;
  }
  static QImage painted(const QString& id, int side) {
    QImage image(side, side, QImage::Format_RGB32);
    const int hue = static_cast<int>(qHash(id) % 360);
    QLinearGradient ground(0, 0, side, side);
    ground.setColorAt(0, QColor::fromHsv(hue, 150, 230));
    ground.setColorAt(1, QColor::fromHsv((hue + 60) % 360, 180, 110));
    QPainter(&image).fillRect(image.rect(), ground);
    return image;
  }

  bool is_ready = true, hold = false, hold_plans = false;
  int64_t free_bytes = 6'400'000'000;
  int jobs = 0;
  std::vector<api::TrainingBase> bases;
  api::DataReport report;
  std::vector<api::TrainingExample> examples;
  api::TrainingImport import;
  std::optional<Failure> data_failure, start_failure, import_failure, keep_failure;
  std::string kept_word = "<lantern>";
  std::vector<api::TrainingRun> runs;  // latest first
  std::map<std::string, std::vector<api::TrainingStep>> metrics;
  std::map<std::string, std::vector<api::TrainingSample>> samples;
  std::vector<api::Json> planned, started;
  std::vector<api::CompareBody> compared_with;
  std::vector<api::ExportBody> exported;
  std::vector<std::function<void()>> held;
  QString followed;
  QStringList log;
};

}  // namespace diptych::finetune
