// What `diptych finetune` says of the data it trains on, and what it shows of the model meanwhile: of a language model
// and of an image model.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "app/cli/progress.h"
#include "engine/train/image/image_task.h"
#include "engine/train/text_task.h"

namespace diptych::cli {

void say(const std::string& text);  // a line on stderr
// A line for each record that is left out, and for each note how often it applies.
void say_rejected(const std::vector<train::Rejected>& rejected, const std::map<std::string, int64_t>& notes);

void describe_texts(const train::TextData& data);
void describe_pictures(const train::PictureData& data);

// Shows what the model does after some steps. What is given must outlive it.
using ShowSamples = std::function<void(int64_t step)>;
ShowSamples text_samples(Context& ctx, const train::Recipe& recipe, const train::TextTask& task);
ShowSamples picture_samples(Context& ctx, const train::Recipe& recipe, train::ImageBase& base);

}  // namespace diptych::cli
