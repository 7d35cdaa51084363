#include "tenure-cron/running/run_request.hpp"

#include "common/log/wall_time.hpp"

namespace tenure::cron {

const char* to_string(run_trigger trigger) noexcept {
  switch (trigger) {
    case run_trigger::schedule: return "schedule";
    case run_trigger::catch_up: return "catch_up";
    case run_trigger::operator_request: return "operator";
    case run_trigger::retry_unknown: break;
  }
  return "retry_unknown";
}

std::string rfc3339(sys_seconds t) { return apps::rfc3339(t); }

}  // namespace tenure::cron
