#include "engine/diffusion/recipe/comfy_graph.h"

#include "engine/core/error.h"
#include "engine/diffusion/prompt/prompt_text.h"
#include "engine/io/formats/json_text.h"

namespace diptych::diffusion {
namespace {

constexpr int most_value_lookups = 64;  // of one value: graphs of others may go in circles

// Python writes NaN and Infinity into JSON; nothing that matters here stands in such a value.
std::string without_python_numbers(std::string_view text) {
  std::string plain;
  bool quoted = false;
  for (size_t at = 0; at < text.size();) {
    size_t length = 1;
    if (text[at] == '"') quoted = !quoted;
    if (quoted && text[at] == '\\' && at + 1 < text.size()) length = 2;
    std::string_view written = text.substr(at, length);
    for (const std::string_view word : {"NaN", "-Infinity", "Infinity"}) {
      if (quoted || !text.substr(at).starts_with(word)) continue;
      length = word.size();
      written = "null";
      break;
    }
    plain += written;
    at += length;
  }
  return plain;
}

bool is_link(const nlohmann::json& input) {
  return input.is_array() && input.size() == 2 && input[0].is_string() && input[1].is_number_integer();
}

}  // namespace

ComfyNode::ComfyNode(const nlohmann::json* graph, std::string id, int64_t output)
    : graph_(graph), id_(std::move(id)), output_(output) {
  const auto node = graph->find(id_);
  if (node == graph->end() || !node->is_object()) return;
  const auto inputs = node->find("inputs"), type = node->find("class_type");
  if (inputs != node->end() && inputs->is_object() && type != node->end() && type->is_string()) node_ = &*node;
}

std::string ComfyNode::type() const {
  return node_ == nullptr ? "" : (*node_)["class_type"].get<std::string>();
}

ComfyNode ComfyNode::linked(const char* input) const {
  if (node_ == nullptr) return {};
  const nlohmann::json& inputs = (*node_)["inputs"];
  const auto entry = inputs.find(input);
  if (entry == inputs.end() || !is_link(*entry)) return {};
  return {graph_, (*entry)[0].get<std::string>(), (*entry)[1].get<int64_t>()};
}

std::vector<ComfyNode> ComfyNode::links() const {
  std::vector<ComfyNode> nodes;
  if (node_ == nullptr) return nodes;
  for (const auto& [name, input] : (*node_)["inputs"].items()) {
    if (!is_link(input)) continue;
    ComfyNode node(graph_, input[0].get<std::string>(), input[1].get<int64_t>());
    if (node) nodes.push_back(std::move(node));
  }
  return nodes;
}

std::optional<std::string> ComfyNode::value(const char* input) const {
  int lookups = 0;
  return value_at(input, lookups);
}

std::optional<std::string> ComfyNode::value_at(const char* input, int& lookups) const {
  if (node_ == nullptr || ++lookups > most_value_lookups) return std::nullopt;
  const nlohmann::json& inputs = (*node_)["inputs"];
  const auto entry = inputs.find(input);
  if (entry == inputs.end()) return std::nullopt;
  if (entry->is_string()) return entry->get<std::string>();
  if (entry->is_number_float()) return write_decimal(entry->get<double>());
  if (entry->is_number() || entry->is_boolean()) return entry->dump();
  const ComfyNode source = linked(input);
  for (const char* name : {input, "value", "text", "string", "seed", "int", "float", "number"})
    if (auto value = source.value_at(name, lookups)) return value;
  return std::nullopt;
}

std::optional<ComfyGraph> ComfyGraph::parse(std::string_view json) {
  ComfyGraph graph;
  try {
    graph.graph_ = parse_json(without_python_numbers(json), "prompt");
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!graph.graph_.is_object() || graph.nodes().empty()) return std::nullopt;
  return graph;
}

std::vector<ComfyNode> ComfyGraph::nodes() const {
  std::vector<ComfyNode> nodes;
  for (const auto& [id, unused] : graph_.items())
    if (ComfyNode node(&graph_, id); node) nodes.push_back(std::move(node));
  return nodes;
}

}  // namespace diptych::diffusion
