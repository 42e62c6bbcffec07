// A new word of an embedding in the prompt.
#pragma once

#include <QString>

namespace diptych::create {

// The prompt with the word in it: as it is where it names it already, else behind what stands there.
QString prompt_with_word(const QString& prompt, const QString& word);

}  // namespace diptych::create
