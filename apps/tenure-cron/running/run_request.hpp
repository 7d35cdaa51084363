// What the schedule asks the runner to run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "tenure-cron/schedule/zone.hpp"

namespace tenure::cron {

class job;

/// Why a run was asked for.
enum class run_trigger { schedule, catch_up, operator_request, retry_unknown };

/// "schedule", "catch_up", "operator", "retry_unknown": as in TENURE_TRIGGER and in the records.
const char* to_string(run_trigger trigger) noexcept;

/// One run of a job: for one tick, or at an operator's request.
class run_request {
 public:
  run_request() = default;
  run_request(std::shared_ptr<const job> w, sys_seconds t, std::string id, run_trigger why)
      : what(std::move(w)), tick(t), run_id(std::move(id)), trigger(why) {}

  std::shared_ptr<const job> what;  ///< as it was when the run began; a reload does not change it
  sys_seconds tick{};
  std::string run_id;        ///< unique in the fleet
  std::string key;           ///< of the election whose leader runs the job
  std::uint64_t fence = 0;   ///< of its term
  run_trigger trigger = run_trigger::schedule;
};

/// 2024-02-29T12:00:00Z
std::string rfc3339(sys_seconds t);

}  // namespace tenure::cron
