// One generation on the device's thread: metered, its text handed on in portions that cost the model nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/api/conversation.h"
#include "engine/host/chat/text_model.h"
#include "engine/host/machine/clock.h"
#include "engine/host/machine/meter.h"

namespace diptych::host {

struct Portion {
  std::string text, thinking;
  std::vector<TokenScores> scores;
  bool empty() const { return text.empty() && thinking.empty() && scores.empty(); }
};

struct GenerationOutcome {
  GenerateResult result;
  api::MessageMetrics metrics;
};

// A portion is handed on at once where the last one is 25 ms old; what comes faster (a small model on a fast machine)
// is handed on together, so that events, JSON and sockets cost the same share of any token's time. `asked`: when the
// client asked, from where its waiting is counted. What the model throws passes through, after what was pending was
// handed on.
GenerationOutcome run_generation(TextModel& model, const GenerateRequest& request, Meter& meter,
                                 SteadyClock::time_point asked, const std::function<void(Portion&&)>& on_portion);

}  // namespace diptych::host
