// ComfyUI's graph as it is executed: nodes by id, each with its class and inputs, which are values or links to the
// output of another node.
#pragma once

#include <algorithm>
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
  ComfyNode(const nlohmann::json* graph, std::string id, int64_t output = 0);

  explicit operator bool() const { return node_ != nullptr; }
  const std::string& id() const { return id_; }
  int64_t output() const { return output_; }  // the one that the link comes out of, if it was reached by a link
  std::string type() const;                   // "KSampler"

  // The node that an input is linked to; none where it is a value or not there.
  ComfyNode linked(const char* input) const;
  std::vector<ComfyNode> links() const;

  // A value as text, also where it comes out of a node that only holds one; none for other links.
  std::optional<std::string> value(const char* input) const;

 private:
  std::optional<std::string> value_at(const char* input, int& lookups) const;

  const nlohmann::json* graph_ = nullptr;
  const nlohmann::json* node_ = nullptr;
  std::string id_;
  int64_t output_ = 0;
};

class ComfyGraph {
 public:
  // None where the text is no graph of this kind.
  static std::optional<ComfyGraph> parse(std::string_view json);

  std::vector<ComfyNode> nodes() const;

 private:
  nlohmann::json graph_;
};

// From `from` to the nearest node upstream, itself included, of a class that the predicate takes, breadth first; empty
// where there is none. Nodes of `seen` are passed by, and those that were looked at added.
template <typename Predicate>
std::vector<ComfyNode> find_path(const ComfyNode& from, Predicate takes, std::set<std::string>& seen) {
  struct Step {
    ComfyNode node;
    size_t before;  // in the queue
  };
  std::vector<Step> queue{{from, 0}};
  for (size_t i = 0; i < queue.size(); ++i) {
    const ComfyNode node = queue[i].node;
    if (!node || !seen.insert(node.id()).second) continue;
    if (takes(node)) {
      std::vector<ComfyNode> path{node};
      for (size_t at = i; at > 0;) {
        at = queue[at].before;
        path.push_back(queue[at].node);
      }
      std::ranges::reverse(path);
      return path;
    }
    for (const ComfyNode& next : node.links()) queue.push_back({next, i});
  }
  return {};
}

template <typename Predicate>
ComfyNode find_upstream(const ComfyNode& from, Predicate takes) {
  std::set<std::string> seen;
  const std::vector<ComfyNode> path = find_path(from, takes, seen);
  return path.empty() ? ComfyNode() : path.back();
}

}  // namespace diptych::diffusion
