// A conversation as a Markdown file.
#pragma once

#include <QString>

#include "ui/panels/chat/thread_model.h"

namespace diptych::chat {

QString to_markdown(const QString& title, const QString& system_prompt, const ThreadModel& thread);  // the branch shown
QString file_name_for(const QString& title);                                                         // "Title.md"
QString write_file(const QString& path, const QString& text);  // beside and renamed; returns why not, or nothing

}  // namespace diptych::chat
