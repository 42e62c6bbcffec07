// What HostFinetuneService's replies hold, read in one place.
#pragma once

#include <utility>

#include "ui/panels/finetune/host_finetune_service.h"

namespace diptych::finetune {

template <typename T>
ui::HttpClient::Done HostFinetuneService::reading(Then<T> then, Failed failed) {
  return [this, then = std::move(then), failed = std::move(failed)](const ui::Reply& reply) {
    const auto refuse = [&](const api::ErrorInfo& error) {
      if (failed)
        failed(ui::to_failure(error));
      else if (!reply.unreachable())  // while no host is there the window says so already
        tell(ui::to_failure(error));
    };
    if (!reply.ok()) return refuse(*reply.error);
    T value{};
    try {
      value = api::from_json<T>(reply.json);
    } catch (const api::FieldError& error) {
      return refuse(api::make_error("unavailable", "the engine's answer cannot be read", error.field(), error.why(),
                                    "the window and the engine may be of different versions; restart both"));
    }
    if (then) then(value);
  };
}

}  // namespace diptych::finetune
