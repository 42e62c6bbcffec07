// A new word in a recipe (textual inversion): what changes with it, so that captions and samples go on naming it.
#pragma once

#include <QString>

#include "engine/api/fields.h"

namespace diptych::finetune {

bool learns_word(const api::Json& recipe);
QString word_of(const api::Json& recipe);        // "<fox>"
QString word_start_of(const api::Json& recipe);  // what it begins as; empty: nothing in particular
QString word_prompt(const QString& word);        // a prompt to try it with
bool names_word(const QString& text, const QString& word);

// A patch that gives the recipe another word. The captions' prefix and the sample prompts follow where they are still
// the goal's, with `named`, the word until now; what the user wrote stays.
api::Json with_word(const api::Json& goal, const api::Json& recipe, const QString& named, const QString& word);

// A patch that puts the word in front of all captions.
api::Json with_word_in_captions(const QString& word);

}  // namespace diptych::finetune
