// What a reply of the host holds, read in one place for every panel's service.
#pragma once

#include <functional>
#include <utility>

#include "ui/client/failure.h"
#include "ui/client/http_client.h"

namespace diptych::ui {

// Calls `then`, where it is given, with what the reply holds. A refusal, or what cannot be read, goes to `failed`, or
// without it to `tell`; that the host cannot be reached only to `failed`, as the window says so already.
template <typename T>
HttpClient::Done reading(std::function<void(const T&)> then, std::function<void(const Failure&)> failed,
                         std::function<void(const Failure&)> tell) {
  return [then = std::move(then), failed = std::move(failed), tell = std::move(tell)](const Reply& reply) {
    const auto refuse = [&](const api::ErrorInfo& error) {
      if (failed)
        failed(to_failure(error));
      else if (!reply.unreachable())
        tell(to_failure(error));
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

}  // namespace diptych::ui
