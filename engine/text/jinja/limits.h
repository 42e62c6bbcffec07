// What a template may use. Templates come with downloaded models, so they are as untrusted as any file.
#pragma once

#include <cstddef>
#include <cstdint>

namespace diptych::jinja {

struct Limits {
  // One unit is an evaluated node, an element that is visited, or 64 bytes of text that are read or made.
  uint64_t work_units = 50'000'000;
  size_t memory_bytes = size_t{256} << 20;  // values that live at the same time
  size_t output_bytes = size_t{32} << 20;   // the prompt
  int depth = 400;                          // nested evaluations: macros, recursive loops, deep expressions
};

constexpr size_t max_source_bytes = size_t{4} << 20;
constexpr int max_source_depth = 100;   // brackets and blocks inside each other
constexpr int max_chain = 250;          // a + b + …, a.b.c…, a|b|c…: each step nests the expression once
constexpr int max_value_depth = 200;    // lists and dicts inside each other, as far as they are printed or compared
constexpr int64_t max_range = 100'000;  // elements of range(), as Jinja's sandbox allows

}  // namespace diptych::jinja
