// Replicas of tenure-cron under virtual time, on one embedded agent: real elections and the real
// ledger, with clocks and a runner of the test.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <tenure/elections.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/ledger/consul_ledger_store.hpp"
#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/running/admission.hpp"
#include "tenure-cron/term/term_schedule.hpp"
#include "testing/simulated_process.hpp"

namespace tenure::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using cron::job_ptr;
using cron::run_trigger;
using cron::sys_milliseconds;
using cron::sys_seconds;
using testing::fate;
using testing::in_process_agent;
using testing::manual_loop;
using testing::manual_runtime;
using testing::mishap;

/// When each test begins, by a clock that is right.
constexpr sys_seconds noon = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + 12h;

class fake_wall_clock final : public cron::wall_clock {
 public:
  /// `start`: when it is noon.
  fake_wall_clock(manual_runtime& rt, manual_loop& loop, time_point start)
      : wall_clock(*loop.timers()), rt_(rt), timers_(*loop.timers()), start_(start) {
    wake_.clock = this;
  }
  ~fake_wall_clock() override { timers_.disarm(wake_); }

  sys_milliseconds now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(noon + offset + (rt_.now() - start_));
  }
  /// As settimeofday does it.
  void step(duration by) {
    offset += by;
    was_set();
  }
  duration offset{0};

 private:
  class waker : public runtime::timer {
   public:
    waker() : timer([](timer& t) noexcept { static_cast<waker&>(t).clock->ring(); }) {}
    fake_wall_clock* clock = nullptr;
  };
  void arm(sys_seconds at) override {
    timers_.disarm(wake_);
    if (at == sys_seconds::max()) return;
    timers_.arm(wake_, std::max(rt_.now(), start_ + (at - noon) - offset));
  }

  manual_runtime& rt_;
  runtime::timers& timers_;
  time_point start_;
  waker wake_;
};

/// A run that began.
struct begun {
  std::string job;
  sys_seconds tick;
  std::string replica;
  run_trigger trigger;
  std::string id;
  time_point at;
};

class fake_runner final : public cron::job_runner {
 public:
  fake_runner(manual_runtime& rt, manual_loop& loop, std::string replica,
              std::vector<begun>& starts)
      : rt_(rt), timers_(*loop.timers()), replica_(std::move(replica)), starts_(starts),
        stopped_(timers_) {}

  asio::awaitable<cron::run_result> run(cron::run_request what, term leading) override {
    cron::run_result result;
    if (!leading.holds()) co_return result;
    if (broken) throw std::runtime_error("broken");
    starts_.push_back(
        {what.what->name, what.tick, replica_, what.trigger, what.run_id, rt_.now()});
    const time_point end = rt_.now() + length;
    while (rt_.now() < end && leading.holds() && !stops_.contains(what.run_id))
      co_await stopped_.wait(std::min(end, leading.valid_until()));
    result.how = cron::run_result::ending::succeeded;
    if (rt_.now() < end) {
      result.how = cron::run_result::ending::stopped;
      result.cause = stops_.contains(what.run_id) ? stops_.at(what.run_id)
                                                  : cron::stop_cause::lease;
    }
    result.took = length;
    result.attempts = 1;
    co_return result;
  }
  void stop(const std::string& run_id, cron::stop_cause why) override {
    stops_.emplace(run_id, why);
    stopped_.notify_all();
  }

  duration length = 100ms;
  bool broken = false;  ///< run() throws

 private:
  manual_runtime& rt_;
  runtime::timers& timers_;
  std::string replica_;
  std::vector<begun>& starts_;
  std::map<std::string, cron::stop_cause> stops_;
  runtime::async_condition stopped_;
};

inline job_ptr make_job(std::string name, const std::string& schedule) {
  cron::job made(cron::schedule::parse(schedule, name),
                 cron::named_zone("UTC", std::make_shared<cron::utc_zone>()));
  made.name = std::move(name);
  made.argv = {"true"};
  return std::make_shared<const cron::job>(std::move(made));
}

template <class Change>
job_ptr with(const job_ptr& what, Change change) {
  cron::job made = *what;
  change(made);
  return std::make_shared<const cron::job>(std::move(made));
}

/// The real one; as with a token that may not use the ledger; and as with a slow Consul.
class test_store final : public cron::ledger_store {
 public:
  test_store(elections& all, runtime::timers& timers) : real_(all), timers_(timers) {}

  asio::awaitable<std::vector<cron::ledger_entry>> read(std::vector<std::string> keys) override {
    if (forbidden) throw boost::system::system_error(consul_errc::forbidden);
    return real_.read(std::move(keys));
  }
  asio::awaitable<std::vector<cron::ledger_entry>> list(std::string prefix) override {
    if (forbidden) throw boost::system::system_error(consul_errc::forbidden);
    return real_.list(std::move(prefix));
  }
  asio::awaitable<cron::write_outcome> write(term leading, leader_writes writes) override {
    if (forbidden) co_return cron::write_outcome();
    if (denied) {
      cron::write_outcome over;
      over.how = cron::write_outcome::kind::not_leading;
      co_return over;
    }
    co_await runtime::sleep_until(timers_, held_until);
    cron::write_outcome done = co_await real_.write(leading, std::move(writes));
    co_return done;
  }

  bool forbidden = false;
  bool denied = false;  ///< each write says that the term is over
  time_point held_until{};  ///< no write is sent before

 private:
  cron::consul_ledger_store real_;
  runtime::timers& timers_;
};

class cron_replica {
 public:
  cron_replica(manual_runtime& rt, in_process_agent& server, time_point start, std::string name,
               std::vector<job_ptr> jobs, std::vector<begun>& starts,
               const std::string& key)
      : loop(rt.add_loop()),
        process(rt, loop, server, {}, consul_config()),
        clock(rt, loop, start),
        store(*process.elections, *loop.timers()),
        runner(rt, loop, name, starts),
        lane(loop.executor(), *loop.timers(), clock, store, runner, admitted, silent_log(),
             cron::ledger_keys("cron"), name),
        candidate(process.elections->enter(
            key, candidacy(name).span(5s).ttl(10s).lock_delay(0s))) {
    lane.jobs = std::move(jobs);
    lane.make_run_id = [name, n = 0]() mutable { return name + std::to_string(++n); };
  }

  void start() {
    asio::co_spawn(loop.executor(), serve(),
                   asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e) {
                     done = true;
                     failure = std::move(e);
                   }));
  }
  bool leads() const { return schedule != nullptr; }
  /// A clean end: as after SIGTERM.
  void leave() {
    leaving = true;
    if (schedule) {
      schedule->stop();
    } else {
      cancel.emit(asio::cancellation_type::terminal);
    }
  }

  manual_loop& loop;
  testing::simulated_process process;
  fake_wall_clock clock;
  test_store store;
  fake_runner runner;
  cron::admission admitted;
  cron::lane_context lane;
  election candidate;
  std::unique_ptr<cron::term_schedule> schedule;
  asio::cancellation_signal cancel;
  std::exception_ptr failure;
  bool leaving = false;
  bool done = false;

 private:
  asio::awaitable<void> serve() {
    while (!leaving) {
      term won = co_await candidate.campaign();
      schedule = std::make_unique<cron::term_schedule>(lane, won);
      co_await schedule->run();
      schedule.reset();
      co_await won.resign();
    }
  }
};

class cron_fixture {
 public:
  cron_fixture() : agent(rt, {}) {}
  ~cron_fixture() {
    for (const auto& r : replicas) {
      r->loop.resume();
      r->process.transport->network = nullptr;
      r->leave();
    }
    rt.advance(30s);
    for (const auto& r : replicas) {
      asio::co_spawn(r->loop.executor(), r->process.elections->shut_down(), asio::detached);
    }
    rt.advance(30s);
  }

  cron_replica& add(std::string name, std::vector<job_ptr> jobs,
                    const std::string& key = "service/cron/leader") {
    replicas.push_back(std::make_unique<cron_replica>(rt, agent, begin, std::move(name),
                                                      std::move(jobs), starts, key));
    return *replicas.back();
  }
  /// Adds one, and lets it lead.
  cron_replica& lead(std::string name, std::vector<job_ptr> jobs) {
    cron_replica& r = add(std::move(name), std::move(jobs));
    r.start();
    rt.run_until([&] { return r.leads(); });
    rt.run_until_idle();
    return r;
  }
  void run_until_led_by(cron_replica& r) {
    rt.run_until([&] { return r.leads(); }, 5min);
    rt.run_until_idle();
  }
  runtime::http_response ask(std::string method, std::string target, std::string body = {}) {
    runtime::http_response r = agent.ask(
        runtime::http_request(std::move(method), "/v1/kv/" + target, std::move(body)));
    rt.run_until_idle();
    return r;
  }
  /// Writes the job's document as a replica on host `h` would have left it a second before noon.
  void leave_open_runs(const std::string& job, std::size_t count, cron::open_run::state what) {
    cron::ledger_document d;
    d.last_tick = noon;
    for (std::size_t i = 0; i < count; ++i) {
      cron::open_run run;
      run.what = what;
      run.tick = noon - 1s;
      run.run_id = std::to_string(i);
      run.host = "h";
      d.open.push_back(run);
    }
    ask("PUT", cron::ledger_keys("cron").document(job), cron::to_json(d));
  }
  cron::ledger_document document(const std::string& job) {
    const auto r = ask("GET", "cron/jobs/" + job + "?raw");
    return cron::parse_ledger_document(r.body).value();
  }
  /// How often each tick of a job ran.
  std::map<sys_seconds, int> ticks(const std::string& job) const {
    std::map<sys_seconds, int> counts;
    for (const begun& b : starts)
      if (b.job == job) ++counts[b.tick];
    return counts;
  }
  int runs(const std::string& job, sys_seconds tick) const {
    const auto all = ticks(job);
    return all.contains(tick) ? all.at(tick) : 0;
  }
  /// All records of a job, those of its pages included.
  std::vector<cron::run_record> records(const std::string& job) {
    const cron::ledger_document d = document(job);
    std::vector<cron::run_record> all;
    for (std::uint64_t n = 1; n <= d.pages; ++n) {
      const auto r = ask("GET", "cron/pages/" + job + "/" + std::to_string(n) + "?raw");
      if (r.status != 200) continue;
      const auto page = cron::parse_ledger_page(r.body).value();
      all.insert(all.end(), page.begin(), page.end());
    }
    all.insert(all.end(), d.recent.begin(), d.recent.end());
    return all;
  }
  /// Ticks of an "@every 1s" job in [from, to] that neither ran nor are recorded, and those that
  /// ran twice.
  std::vector<sys_seconds> mistakes(const std::string& job, sys_seconds from, sys_seconds to) {
    const auto counts = ticks(job);
    const auto all = records(job);
    std::vector<sys_seconds> found;
    for (sys_seconds t = from; t <= to; t += 1s) {
      const int ran = counts.contains(t) ? counts.at(t) : 0;
      bool recorded = false;
      for (const cron::run_record& r : all) {
        const bool row = r.tick <= t && t <= r.until;
        recorded = recorded || (row && r.state != cron::record_state::finished);
      }
      if (ran > 1 || (ran == 0 && !recorded)) found.push_back(t);
    }
    return found;
  }

  manual_runtime rt{1};
  const time_point begin = rt.now();
  in_process_agent agent;
  std::vector<begun> starts;
  std::vector<std::unique_ptr<cron_replica>> replicas;
};

}  // namespace tenure::test
