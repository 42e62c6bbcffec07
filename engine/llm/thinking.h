// Parts what a model thinks, between <think> and </think>, from its answer, while the text arrives.
#pragma once

#include <string>
#include <string_view>

namespace diptych {

struct ThinkingText {
  std::string text, thinking;
};

class ThinkingSplitter {
 public:
  enum class State {
    before,    // nothing was written: what comes may open a section
    thinking,  // in a section: the prompt ends with an opened <think>, as some templates write it
    answer,    // in the answer: the text goes on where it stopped
  };
  explicit ThinkingSplitter(State start = State::before) : state_(start) {}

  // The parts that are certain; a tag that may be incomplete is held back. Blank space around the tags is dropped.
  ThinkingText push(std::string_view text);
  ThinkingText finish();

  State state() const { return state_; }

 private:
  State state_;
  bool drop_space_ = state_ != State::answer;  // at the start of the part
  std::string pending_;
};

// The rendered prompt opens a thinking section that the model is to fill.
bool opens_thinking(std::string_view prompt);

}  // namespace diptych
