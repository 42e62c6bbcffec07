// One reference case (tests/golden/README.md): its description, where its model is, its inputs. What is expected of it
// is never read here.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/io/formats/tensor_file.h"

namespace diptych::golden {

class Case {
 public:
  // `models`: where the GGUF files lie that some cases name; empty: the model library. Error (not_found, invalid_file).
  static Case open(const std::filesystem::path& folder, const std::filesystem::path& models = {});

  const std::string& name() const { return name_; }
  const std::string& kind() const { return kind_; }
  const nlohmann::ordered_json& description() const { return description_; }  // case.json, an object
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  // "model" of case.json (relative to the case) or the folder model/; for cases that name a "gguf_file", that file.
  std::filesystem::path model() const;
  TensorMap inputs(Context& ctx) const;                             // inputs.safetensors
  nlohmann::ordered_json read_json(const std::string& name) const;  // a file of the case, members in their order

  // Error (invalid_file): "<name> of case.json <why>".
  [[noreturn]] void fail(const std::string& field, const std::string& why) const;
  std::string text(const std::string& field) const;  // a text of case.json. Error (invalid_file)

 private:
  std::filesystem::path folder_, models_;
  std::string name_, kind_;
  nlohmann::ordered_json description_;
};

}  // namespace diptych::golden
