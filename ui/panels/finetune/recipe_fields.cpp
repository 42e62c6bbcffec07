#include "ui/panels/finetune/recipe_fields.h"

#include <QCheckBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSpinBox>

#include "ui/client/text.h"
#include "ui/panels/finetune/finetune_controller.h"
#include "ui/panels/finetune/recipe_form.h"
#include "ui/panels/finetune/run_words.h"
#include "ui/panels/finetune/word_recipe.h"

namespace diptych::finetune {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("FinetuneRecipe", text);
}

QList<FieldChoice> optimizers() {
  return {{QStringLiteral("adamw"), tr("AdamW")},
          {QStringLiteral("adamw_8bit"), tr("AdamW, 8 bit")},
          {QStringLiteral("adafactor"), tr("Adafactor")},
          {QStringLiteral("lion"), tr("Lion")},
          {QStringLiteral("prodigy"), tr("Prodigy (finds its rate)")},
          {QStringLiteral("sgd"), tr("SGD")},
          {QStringLiteral("muon"), tr("Muon")}};
}

QList<FieldChoice> schedules() {
  return {{QStringLiteral("constant"), tr("Constant")},
          {QStringLiteral("linear"), tr("Linear, to zero")},
          {QStringLiteral("cosine"), tr("Cosine, to zero")},
          {QStringLiteral("cosine_with_restarts"), tr("Cosine with restarts")},
          {QStringLiteral("polynomial"), tr("Polynomial")},
          {QStringLiteral("warmup_stable_decay"), tr("Constant, to zero at the end")}};
}

void add_method(RecipeForm* form, FinetuneController* controller) {
  QLabel* title = form->add_title(tr("What is trained"));
  QComboBox* method = form->add_choice(
      QStringLiteral("method"), tr("Method"),
      tr("LoRA adds small matrices beside the weights; QLoRA does so beside quantized ones, with less memory."), {});
  const auto list = [form, method, controller] {
    QList<FieldChoice> choices;
    if (const api::TrainingBase* base = controller->base())
      for (const std::string& name : base->methods)  // a word is a goal of its own, and needs more than a method
        if (name != "textual_inversion") choices << FieldChoice{ui::qt(name), method_title(ui::qt(name))};
    form->set_choices(method, choices);
    form->refresh();
  };
  QObject::connect(controller, &FinetuneController::bases_changed, form, list);
  QObject::connect(controller->draft(), &DraftSession::presets_changed, form, list);
  QWidget* rank =
      form->add_number(QStringLiteral("rank"), tr("Rank"),
                       tr("How much an adapter can hold: more learns more, and takes more memory."), 1, 4096);
  QWidget* alpha = form->add_real(QStringLiteral("alpha"), tr("Alpha"),
                                  tr("Strength of the adapter: alpha over rank multiplies what it adds."), 1e-6, 1e6);
  QWidget* stabilized = form->add_flag(QStringLiteral("rank_stabilized"), tr("Rank-stabilized"),
                                       tr("alpha over the root of the rank (rsLoRA): for high ranks"));
  form->keep_fresh([form, title, method, rank, alpha, stabilized, controller] {
    const api::Json recipe = controller->draft()->recipe();
    const bool word = learns_word(recipe);
    const bool adapter = !word && recipe_value(recipe, QStringLiteral("method")) != "full";
    for (QWidget* field : {static_cast<QWidget*>(title), static_cast<QWidget*>(method)})
      form->set_row_visible(field, !word);
    for (QWidget* field : {rank, alpha, stabilized}) form->set_row_visible(field, adapter);
  });
}

void add_length(RecipeForm* form, FinetuneController* controller) {
  form->add_title(tr("How long and how fast"));
  QWidget* steps = form->add_number(QStringLiteral("steps"), tr("Steps"),
                                    tr("Changes of the weights in the whole run."), 1, 1'000'000'000);
  QWidget* epochs =
      form->add_real(QStringLiteral("epochs"), tr("Passes"), tr("How often each example is seen."), 1e-3, 1e6);
  form->keep_fresh([form, steps, epochs, controller] {
    const bool by_epochs = !recipe_value(controller->draft()->recipe(), QStringLiteral("epochs")).is_null();
    form->set_row_visible(steps, !by_epochs);
    form->set_row_visible(epochs, by_epochs);
  });
  form->add_real(
      QStringLiteral("learning_rate"), tr("Learning rate"),
      tr("How far a step goes. Too high and the loss jumps or becomes no number; too low and nothing is learnt."), 1e-9,
      100);
  form->add_choice(QStringLiteral("schedule"), tr("Rate over time"), tr("How the learning rate falls during the run."),
                   schedules());
  form->add_real(QStringLiteral("warmup"), tr("Warm-up"),
                 tr("Steps, or below 1 a share of them, during which the rate rises from zero."), 0, 1e9);
  form->add_choice(QStringLiteral("optimizer.name"), tr("Optimizer"),
                   tr("What turns gradients into changes. 8 bit takes a quarter of AdamW’s memory."), optimizers());
  form->add_real(QStringLiteral("clip"), tr("Gradient limit"),
                 tr("Larger gradients are shortened to this norm; 0 is off."), 0, 1e6);
}

void add_size(RecipeForm* form, FinetuneController* controller) {
  form->add_title(tr("How much at once"));
  form->add_number(QStringLiteral("batch"), tr("Batch"),
                   tr("Examples that are computed together: more memory, less noise."), 1, 65536);
  form->add_number(QStringLiteral("accumulate"), tr("Accumulate"),
                   tr("Batches per step: as a larger batch, without its memory."), 1, 65536);
  QWidget* sequence = form->add_number(QStringLiteral("sequence"), tr("Sequence"),
                                       tr("Tokens of an example that are read; longer ones are cut."), 2, 1 << 20);
  QWidget* packing = form->add_flag(QStringLiteral("packing"), tr("Pack short examples together"),
                                    tr("Fills each sequence with several examples, which do not see each other."));
  QWidget* resolution = form->add_number(QStringLiteral("image.resolution"), tr("Resolution"),
                                         tr("Pixels of a side; other shapes get as many pixels."), 16, 8192);
  QWidget* flip = form->add_flag(QStringLiteral("image.flip"), tr("Mirror pictures"),
                                 tr("Shows each picture mirrored half of the time; not for writing or faces."));
  form->keep_fresh([form, sequence, packing, resolution, flip, controller] {
    const bool images = controller->draft()->draft().kind == api::TrainingKind::image;
    for (QWidget* field : {sequence, packing}) form->set_row_visible(field, !images);
    for (QWidget* field : {resolution, flip}) form->set_row_visible(field, images);
  });
  form->add_choice(
      QStringLiteral("recompute"), tr("Compute again"),
      tr("Activations made again on the way back in place of being kept: less memory, slower, the same result."),
      {{QStringLiteral("none"), tr("Nothing")},
       {QStringLiteral("selective"), tr("What is cheap")},
       {QStringLiteral("full"), tr("Every layer")}});
  QWidget* resident = form->add_optional_real(
      QStringLiteral("resident_gb"), tr("Weights in memory"),
      tr("GB of the base’s weights; the others are read from its file wherever they are used. Empty: all of them."), 0,
      1e6);
  form->keep_fresh([form, resident, controller] {
    const bool changes_all = recipe_value(controller->draft()->recipe(), QStringLiteral("method")) == "full";
    form->set_row_visible(resident, !changes_all);
  });
}

// What the loss is made of, which differs between texts and pictures.
void add_loss(RecipeForm* form, FinetuneController* controller) {
  form->add_title(tr("What is learnt"));
  QWidget* learnt = form->add_choice(QStringLiteral("loss.on"), tr("Learn from"),
                                     tr("Which tokens count in the loss; the others are only read."),
                                     {{QStringLiteral("answers"), tr("All answers")},
                                      {QStringLiteral("last_answer"), tr("The last answer")},
                                      {QStringLiteral("after_prompt"), tr("All behind the first prompt")},
                                      {QStringLiteral("all"), tr("Every token")}});
  QWidget* encoder = form->add_flag(QStringLiteral("train_text_encoder"), tr("Train the text encoder, too"),
                                    tr("New words are learnt better; more memory, and easier to overdo."));
  QWidget* encoder_rate = form->add_real(
      QStringLiteral("text_encoder_learning_rate"), tr("Text encoder’s rate"),
      tr("Its own learning rate: usually half of the other or less, as it is soon overdone."), 1e-9, 100);
  QWidget* dropout =
      form->add_real(QStringLiteral("image.caption_dropout"), tr("Caption dropout"),
                     tr("Share of pictures that are shown without caption, so that guidance still works."), 0, 1);
  QWidget* snr = form->add_real(QStringLiteral("loss.min_snr_gamma"), tr("Min-SNR"),
                                tr("Evens out easy and hard noise levels; 5 is usual, 0 is off."), 0, 1000);
  QWidget* offset = form->add_real(QStringLiteral("loss.offset_noise"), tr("Noise offset"),
                                   tr("For very dark and very bright pictures; 0.05 is usual, 0 is off."), 0, 1);
  form->add_real(QStringLiteral("ema"), tr("Average"),
                 tr("Decay of a running average of the weights, which becomes the result; 0 is off."), 0, 0.999999);
  form->keep_fresh([form, learnt, encoder, encoder_rate, dropout, snr, offset, controller] {
    const bool images = controller->draft()->draft().kind == api::TrainingKind::image;
    const api::Json recipe = controller->draft()->recipe();
    const api::TrainingBase* base = controller->base();
    // A word leaves the encoders as they are.
    const bool has_encoders = images && base && base->text_encoders && !learns_word(recipe);
    form->set_row_visible(encoder, has_encoders);
    form->set_row_visible(encoder_rate,
                          has_encoders && recipe_value(recipe, QStringLiteral("train_text_encoder")) == true);
    form->set_row_visible(learnt, !images);
    for (QWidget* field : {dropout, snr, offset}) form->set_row_visible(field, images);
  });
}

void add_watching(RecipeForm* form) {
  form->add_title(tr("What is shown and kept"));
  form->add_lines(QStringLiteral("sample_prompts"), tr("Sample prompts"),
                  tr("One a line: answered by the base and by what has been learnt so far, with the same seed."));
  form->add_number(QStringLiteral("sample_every"), tr("Sample every"),
                   tr("Steps between samples; 0: only when you ask."), 0, 1'000'000'000);
  form->add_number(QStringLiteral("validate_every"), tr("Validate every"), tr("Steps between validation losses."), 0,
                   1'000'000'000);
  form->add_number(QStringLiteral("checkpoint_every"), tr("Save every"),
                   tr("Steps between checkpoints: what a crash loses at most."), 0, 1'000'000'000);
  form->add_number(QStringLiteral("seed"), tr("Seed"), tr("The same seed on the same data gives the same result."), 0,
                   2'147'483'647);
}

}  // namespace

void add_recipe_fields(RecipeForm* form, FinetuneController* controller) {
  add_method(form, controller);
  add_length(form, controller);
  add_size(form, controller);
  add_loss(form, controller);
  add_watching(form);
  form->refresh();
}

}  // namespace diptych::finetune
