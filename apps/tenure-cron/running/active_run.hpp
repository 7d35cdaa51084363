// A run between its begin and its end: what the runner knows of it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <tenure/term.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "command/term_commands.hpp"
#include "tenure-cron/output/run_output.hpp"
#include "tenure-cron/running/env_file.hpp"
#include "tenure-cron/running/run_request.hpp"
#include "tenure-cron/running/run_result.hpp"

namespace tenure::cron {

class active_run {
 public:
  active_run(run_request r, term t, std::shared_ptr<command::term_commands> c,
             std::shared_ptr<run_output> o, runtime::timers& timers)
      : request(std::move(r)),
        leading(std::move(t)),
        commands(std::move(c)),
        output(std::move(o)),
        began(timers.now()),
        changed(timers),
        on_term_end_(leading.stop_token(), [this] { changed.notify_all(); }) {}
  active_run(const active_run&) = delete;
  active_run& operator=(const active_run&) = delete;

  const job& what() const noexcept { return *request.what; }
  bool may_start() const noexcept {
    return requested == stop_cause::none && leading.holds() && !commands->stopping() &&
           !leading.stop_token().stop_requested();
  }
  /// Why no further process of this run may start.
  stop_cause why_not() const noexcept {
    return requested == stop_cause::none ? stop_cause::lease : requested;
  }
  void stop(stop_cause why) {
    if (requested == stop_cause::none) requested = why;
    if (command) command->stop();
    changed.notify_all();  // it may wait for its next attempt
  }

  const run_request request;
  const term leading;
  const std::shared_ptr<command::term_commands> commands;
  const std::shared_ptr<run_output> output;
  const time_point began;
  const std::chrono::system_clock::time_point began_at = std::chrono::system_clock::now();
  variables from_files;
  std::shared_ptr<command::supervised_command> command;  ///< while a process runs
  stop_cause requested = stop_cause::none;               ///< by stop()
  bool hopeless = false;  ///< another attempt would fail in the same way
  run_result result;
  runtime::async_condition changed;

 private:
  std::stop_callback<std::function<void()>> on_term_end_;  // ends the pause between attempts
};

}  // namespace tenure::cron
