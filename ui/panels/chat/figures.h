// The figures of an answer in words, each with a mark for how it is known.
#pragma once

#include <QString>

#include "ui/panels/chat/message.h"

namespace diptych::chat {

QString format_duration(double milliseconds);  // "840 ms", "12.4 s", "3 min 20 s"

QString format_tokens(int count);  // "1 token", "1,280 tokens"

// "● 41.3 t/s · ● 0.24 s to first token · ● 128 tokens · SmolLM2-135M"; empty while nothing is known.
QString stats_line(const Message& message);
QString stats_tooltip(const Message& message);

QString thinking_summary(const Message& message);  // "Thought for 3.2 s" or "Thinking… 3.2 s"

}  // namespace diptych::chat
