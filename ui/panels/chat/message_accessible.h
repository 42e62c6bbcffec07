// The message view for assistive technology: a list whose items are the messages, with their text.
#pragma once

namespace diptych::chat {

class MessageView;

void install_message_accessibility();                       // once; further calls do nothing
void announce_current_message(MessageView* view, int row);  // the current item changed

}  // namespace diptych::chat
