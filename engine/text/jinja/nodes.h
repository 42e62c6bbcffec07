// The program of a template: expressions give values, statements write output.
//
// Nodes belong to the Template and refer to each other by plain pointers, so that nothing recurses when it is freed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/text/jinja/semantics.h"

namespace diptych::jinja {

class Interpreter;

struct Node {
  Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;
  int line = 0;
};

struct Expression : Node {
  virtual Value evaluate(Interpreter& interpreter) const = 0;
};

enum class Flow { normal, break_loop, next_iteration };

struct Statement : Node {
  virtual Flow execute(Interpreter& interpreter) const = 0;
};

using Body = std::vector<const Statement*>;

// Names are numbered when a template is parsed.
using Symbol = int;

struct Template {
  template <typename Made>
  Made* make(int line) {
    auto made = std::make_unique<Made>();
    Made* const plain = made.get();
    plain->line = line;
    nodes.push_back(std::move(made));
    return plain;
  }
  Symbol symbol(const std::string& name);

  std::vector<std::unique_ptr<const Node>> nodes;
  std::vector<std::string> symbols;
  std::unordered_map<std::string, Symbol> symbol_ids;
  Body body;
};

// SyntaxFailure.
std::shared_ptr<const Template> parse(const std::string& source);

}  // namespace diptych::jinja
