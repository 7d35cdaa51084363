#include "cron_sim/simulated_runner.hpp"

#include <algorithm>

namespace tenure::cron_sim {

using namespace std::chrono_literals;
using cron::run_result;
using cron::stop_cause;

// valid_until() says nothing any more once the term is over: what the last look saw counts.
time_point simulated_command::killed_at() const {
  const time_point until = leading.valid_until();
  return until == time_point::min() ? lease_end : host.clock()->to_true(until);
}

const command_manner& simulated_runner::manner_of(const cron::job& j) const {
  const auto same = [&j](const job_plan& p) { return p.what->name == j.name; };
  return std::find_if(scenario_.jobs.begin(), scenario_.jobs.end(), same)->manner;
}

boost::asio::awaitable<run_result> simulated_runner::run(cron::run_request what,
                                                         tenure::term leading) {
  run_result result;
  result.text = "the lease ended";
  // A process needs a moment to begin: files are read, a fork is made. With a slow disk it is a
  // long one.
  if (world_.chance_of(0.2)) {
    const duration most = world_.chance_of(0.1) ? 5s : 20ms;
    const time_point ready = host_.now() + world_.between(1ms, most);
    co_await runtime::sleep_until(host_, ready);
  }
  const bool held = question_ == lease_question::skipped || leading.holds();
  if (dead_ || !held) {
    world_.probes.hit("run not started: the lease had ended");
    checker_.not_started(what.run_id);
    co_return result;
  }
  const auto command = std::make_shared<simulated_command>(host_, leading);
  begin(what, command);
  while (world_.now() < command->ends && !command->over && command->leading.holds()) {
    const time_point until =
        std::min(host_.clock()->local(command->ends) + 1us, command->leading.valid_until());
    co_await command->changed.wait(std::max(until, host_.now() + 1us));
  }
  result.how = run_result::ending::succeeded;
  if (command->cause != stop_cause::none) {
    result.how = run_result::ending::stopped;
    result.cause = command->cause;
  } else if (world_.now() < command->ends) {
    result.how = run_result::ending::stopped;
    result.cause = stop_cause::lease;
  } else if (world_.chance_of(manner_of(*what.what).fails)) {
    result.how = run_result::ending::failed;
    result.exit_code = 1;
  }
  result.text.clear();
  result.attempts = 1;
  command->over = true;
  commands_.erase(what.run_id);
  co_return result;
}

void simulated_runner::begin(const cron::run_request& what,
                             std::shared_ptr<simulated_command> command) {
  const command_manner& manner = manner_of(*what.what);
  command->ends = world_.now() + world_.between(manner.least, manner.most);
  command->lease_end = command->leading.holds() ? command->killed_at() : world_.now();
  commands_[what.run_id] = command;
  begun_run begun;
  begun.request = what;
  begun.replica = host_.name();
  begun.lease = !command->leading.holds()         ? lease_state::none
                : others_lead && others_lead(what.key) ? lease_state::another
                                                       : lease_state::own_only;
  begun.goes_on = [command, &w = world_] { return command->goes_on(w.now()); };
  checker_.begins(std::move(begun));
}

void simulated_runner::stop(const std::string& run_id, stop_cause why) {
  const auto found = commands_.find(run_id);
  if (found == commands_.end() || found->second->cause != stop_cause::none) return;
  simulated_command& stopped = *found->second;
  stopped.cause = why;
  stopped.ends = std::min(stopped.ends, world_.now() + world_.between(1ms, 400ms));
  stopped.changed.notify_all();
}

void simulated_runner::look() {
  for (const auto& [id, command] : commands_) {
    if (command->leading.holds()) command->lease_end = command->killed_at();
  }
}

void simulated_runner::die() {
  dead_ = true;
  for (const auto& [id, command] : commands_) {
    command->over = true;
    command->changed.notify_all();
  }
}

}  // namespace tenure::cron_sim
