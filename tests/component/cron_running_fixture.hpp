// A leader with a runner of jobs under virtual time. The commands are fakes.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "election_fixture.hpp"
#include "fake_commands.hpp"
#include "support/kept_log.hpp"
#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/running/process_job_runner.hpp"

namespace tenure::test {

using namespace tenure::cron;
using command::outcome;
using ending = run_result::ending;

inline const sys_seconds noon = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + 12h;

/// Keeps the lines.
class kept_output final : public output_target {
 public:
  bool has_room() const override { return room; }
  void add(std::string_view added) override {
    while (!added.empty()) {
      const std::string_view line = added.substr(0, added.find('\n') + 1);
      lines.emplace_back(line.substr(line.find(' ') + 1));
      added.remove_prefix(line.size());
    }
  }

  bool room = true;
  std::vector<std::string> lines;  ///< without their times
};

/// Its commands read their input and write their output when they start.
class talking_host final : public command::command_host {
 public:
  explicit talking_host(manual_runtime& rt) : fake(rt) {}

  std::shared_ptr<command::supervised_command> start(const command::invocation& what,
                                                     command::lease_times lease) override {
    char block[4096];
    const ssize_t got = ::read(what.input, block, sizeof block);
    inputs.emplace_back(block, got > 0 ? static_cast<std::size_t>(got) : 0);
    if (!out.empty()) REQUIRE(::write(what.output, out.data(), out.size()) > 0);
    if (!err.empty()) REQUIRE(::write(what.error, err.data(), err.size()) > 0);
    if (kept_open >= 0) kept_open = ::dup(what.output);
    if (on_start) on_start();
    return fake.start(what, lease);
  }
  const boost::asio::any_io_executor& executor() const noexcept override {
    return fake.executor();
  }

  fake_host fake;
  std::vector<std::string> inputs;
  std::string out;
  std::string err;
  int kept_open = -1;
  std::function<void()> on_start;
};

inline job plain(const std::string& name) {
  job made(schedule::parse("@daily"), find_zone("UTC"));
  made.name = name;
  made.argv = {"/bin/work", "hard"};
  return made;
}

/// A leader with a runner.
class cron_stage {
 public:
  explicit cron_stage(runner_options options = {})
      : p(b.add()),
        handle(p.elections->enter("service/c/leader", profile())),
        host(b.rt),
        services(host, b.rt.timers(), output, log) {
    options.host = "this-host";
    runner.emplace(services, std::move(options));
    held = b.lead(handle);
  }
  ~cron_stage() {
    runner->stop_all(stop_cause::shutdown);
    for (const auto& each : host.fake.started) each->exit(0);
    b.rt.run_until_idle();
    runs.clear();
    runner.reset();
    b.shut_down();
  }
  static candidacy profile() {
    return candidacy("me").span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
  }

  running<run_result>& begin(job what, const std::string& id = "r1") {
    run_request request(std::make_shared<const job>(std::move(what)), noon, id,
                        run_trigger::schedule);
    runs.emplace_back(b.rt, runner->run(std::move(request), held));
    b.rt.run_until_idle();
    return runs.back();
  }
  void exit(int status) { end(outcome(outcome::kind::exited, status)); }
  void end(outcome how) {
    host.fake.last().end(how);
    b.rt.run_until_idle();
  }
  fake_command& last() { return host.fake.last(); }
  std::size_t started() const { return host.fake.started.size(); }
  bool logged(log_level level, const std::string& begin, const std::string& part = "") const {
    for (const std::string& line : log->lines(level))
      if (line.starts_with(begin) && line.find(part) != std::string::npos) return true;
    return false;
  }

  election_fixture b;
  process& p;
  election handle;
  talking_host host;
  std::shared_ptr<kept_output> output = std::make_shared<kept_output>();
  std::shared_ptr<kept_log> log = std::make_shared<kept_log>();
  runner_services services;
  std::optional<process_job_runner> runner;
  std::list<running<run_result>> runs;
  term held;
};

}  // namespace tenure::test
