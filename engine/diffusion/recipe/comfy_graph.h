// ComfyUI's graph as it is executed: nodes by id, each with its class and inputs, which are values or links to the
// output of another node.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace diptych::diffusion {

class ComfyNode {
 public:
  ComfyNode() = default;  // none
  ComfyNode(const nlohmann::json* graph, std::string id);

  explicit operator bool() const { return node_ != nullptr; }
  const std::string& id() const { return id_; }
  std::string type() const;  // "KSampler"

  // The node that an input is linked to; none where it is a value or not there.
  ComfyNode linked(const char* input) const;
  std::vector<ComfyNode> links() const;

  // A value as text, also where it comes out of a node that only holds one; none for other links.
  std::optional<std::string> value(const char* input) const;

 private:
  std::optional<std::string> value_at(const char* input, int depth) const;

  const nlohmann::json* graph_ = nullptr;
  const nlohmann::json* node_ = nullptr;
  std::string id_;
};

class ComfyGraph {
 public:
  // None where the text is no graph of this kind.
  static std::optional<ComfyGraph> parse(std::string_view json);

  std::vector<ComfyNode> nodes() const;

 private:
  nlohmann::json graph_;
};

// The nearest node upstream, itself included, of a class that the predicate takes; breadth first.
template <typename Predicate>
ComfyNode find_upstream(const ComfyNode& from, Predicate takes) {
  std::vector<ComfyNode> queue{from};
  std::set<std::string> seen;
  for (size_t i = 0; i < queue.size(); ++i) {
    const ComfyNode node = queue[i];
    if (!node || !seen.insert(node.id()).second) continue;
    if (takes(node)) return node;
    for (const ComfyNode& next : node.links()) queue.push_back(next);
  }
  return {};
}

}  // namespace diptych::diffusion
