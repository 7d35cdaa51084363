#include "tenure-cron/running/run_result.hpp"

namespace tenure::cron {

const char* to_string(stop_cause cause) noexcept {
  switch (cause) {
    case stop_cause::none: return "none";
    case stop_cause::timeout: return "timeout";
    case stop_cause::lease: return "lease";
    case stop_cause::shutdown: return "shutdown";
    case stop_cause::replaced: break;
  }
  return "replaced";
}

const char* to_string(run_result::ending how) noexcept {
  switch (how) {
    case run_result::ending::succeeded: return "succeeded";
    case run_result::ending::failed: return "failed";
    case run_result::ending::not_started: return "not_started";
    case run_result::ending::stopped: break;
  }
  return "stopped";
}

}  // namespace tenure::cron
