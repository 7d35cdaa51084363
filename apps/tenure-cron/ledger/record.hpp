// What the ledger says of one run, or of ticks that did not run. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

#include "tenure-cron/running/run_request.hpp"
#include "tenure-cron/running/run_result.hpp"
#include "tenure-cron/schedule/wall_clock.hpp"

namespace tenure::cron {

/// A clock of a replica shows a time between these. So the difference of two of them is a
/// `duration`, which counts nanoseconds.
constexpr sys_seconds clocks_begin = std::chrono::sys_days(std::chrono::year(1970) / 1 / 1);
constexpr sys_seconds clocks_end = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);

/// Whether it may be the id of a run: 1 to 64 letters, digits, '-', '_' and '.'.
bool is_run_id(std::string_view id) noexcept;

enum class record_state {
  finished,  ///< the run has ended: `ending` says how
  skipped,   ///< the tick did not run: `reason` says why
  unknown    ///< the run was claimed, and its replica did not say how it ended
};

/// Why a tick did not run.
enum class skip_reason {
  none,
  no_leader,  ///< no replica led, or the leader's lease had ended
  suspended,  ///< the leader was stopped or suspended, or its clock was put forward
  overlap,    ///< an earlier run went on
  limit,      ///< max_parallel had no room until the deadline
  deadline,   ///< it could not start within starting_deadline
  paused,     ///< an operator had paused the job
  removed     ///< the job left the file while its run waited
};

/// The words of the ledger: "finished", "no_leader", ...
const char* to_string(record_state state) noexcept;
const char* to_string(skip_reason reason) noexcept;
std::optional<record_state> parse_record_state(std::string_view word);
std::optional<skip_reason> parse_skip_reason(std::string_view word);
std::optional<run_trigger> parse_run_trigger(std::string_view word);
std::optional<stop_cause> parse_stop_cause(std::string_view word);
std::optional<run_result::ending> parse_ending(std::string_view word);

/// A run, or with `skipped` one tick or a row of ticks.
class run_record {
 public:
  record_state state = record_state::finished;
  sys_seconds tick{};
  sys_seconds until{};      ///< the last tick of a row; otherwise `tick`
  std::uint64_t count = 1;  ///< ticks of the row
  skip_reason reason = skip_reason::none;
  run_trigger trigger = run_trigger::schedule;

  std::string run_id;  ///< this and what follows: of a run; empty for skipped ticks
  std::string host;
  std::uint64_t fence = 0;
  sys_milliseconds began{};  ///< when it was claimed
  run_result::ending ending = run_result::ending::succeeded;
  duration took{0};
  int exit_code = 0;
  int signal_number = 0;
  std::string text;  ///< "exited with 3"
  unsigned attempts = 0;
  stop_cause cause = stop_cause::none;
  std::string tail;  ///< of its output

  /// One tick or a row of ticks; otherwise a run that was asked for beside the ticks.
  bool skips_tick() const noexcept { return state == record_state::skipped && run_id.empty(); }
  /// A command ended by itself: `exit_code` says how.
  bool exited() const noexcept {
    return state == record_state::finished && ending != run_result::ending::not_started &&
           attempts > 0 && signal_number == 0;
  }
  bool failed() const noexcept {
    return state == record_state::finished && ending != run_result::ending::succeeded;
  }
};

run_record skipped_ticks(sys_seconds first, sys_seconds last, std::uint64_t count,
                         skip_reason reason);

/// A run that has not ended, as far as the ledger knows.
class open_run {
 public:
  enum class state {
    waiting,  ///< not claimed: for its splay, an earlier run, or room
    claimed,  ///< a process may have begun
    started   ///< it has run for a second at least
  };

  state what = state::waiting;
  sys_seconds tick{};
  std::string run_id;
  run_trigger trigger = run_trigger::schedule;
  std::string host;  ///< this and what follows: once it is claimed
  std::uint64_t fence = 0;
  sys_milliseconds claimed_at{};
};

/// A run that did not begin. Operators' runs and second attempts keep trigger and run id: they
/// are of no tick.
run_record skipped_run(const open_run& run, skip_reason reason);

const char* to_string(open_run::state state) noexcept;
std::optional<open_run::state> parse_open_state(std::string_view word);

}  // namespace tenure::cron
