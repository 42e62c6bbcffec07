// Numbers of the Create panel in words: what was predicted, what was measured, how far a job is.
#pragma once

#include <QString>
#include <optional>

#include "engine/api/image.h"
namespace diptych::create {

QString time_line(const api::ImageEstimate& estimate);    // "◐ ≈ 14.0 s"
QString memory_line(const api::ImageEstimate& estimate);  // "◐ 3.20 GB, fits"
QString estimate_tooltip(const api::ImageEstimate& estimate);

QString token_line(const std::vector<api::PromptTokens>& tokens, bool negative);  // "CLIP 23/75 · T5 41/512"
QString token_tooltip(const std::vector<api::PromptTokens>& tokens, bool negative);
bool tokens_are_cut(const std::vector<api::PromptTokens>& tokens, bool negative);

QString progress_line(const api::ImageProgress& progress);  // "Step 7 of 20 · 9.10 s left"

struct Metric {
  QString text, tooltip;
};
QList<Metric> metrics(const api::ImageInfo& image);  // speed, work, traffic, energy, memory
QString about_line(const api::ImageInfo& image);     // "512 × 512 · seed 42 · 20 steps · tiny"

}  // namespace diptych::create
