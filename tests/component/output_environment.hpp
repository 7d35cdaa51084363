// The environment of a sidecar's output under virtual time.
#pragma once

#include <memory>
#include <utility>

#include "sidecar/main/output_environment.hpp"
#include "testing/manual_runtime.hpp"

namespace tenure::test {

/// `log`: null for the runtime's.
inline std::shared_ptr<const sidecar::output_environment> output_environment_of(
    manual_runtime& rt, std::shared_ptr<log_sink> log = nullptr) {
  const auto whole = rt.environment();
  auto made = std::make_shared<sidecar::output_environment>();
  made->executor = whole->executor;
  made->timers = whole->timers;
  made->log = log ? std::move(log) : whole->log;
  made->outages = std::make_shared<outage_log>(made->log);
  return made;
}

}  // namespace tenure::test
