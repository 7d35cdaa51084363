// What the output does as long as the sidecar runs, and while this process leads. service.cpp has
// the service at the agent.
#include "sidecar/consul_service/output.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t first_lookups = 3;
constexpr duration lookup_interval = 5s;
constexpr duration late_lookup_interval = 10min;  // between reports, after the first
constexpr duration quick_lookup_interval = 1s;  // between those that are reported
constexpr duration file_interval = 250ms;
constexpr duration health_interval = 1s;
constexpr duration check_interval = 500ms;  // of the lease
constexpr duration end_pause = 250ms;
constexpr duration end_timeout = 3s;  // for an agent that does not answer at the end

constexpr std::string_view health_failed = "service health read failed";

}  // namespace

consul_service_output::consul_service_output(std::shared_ptr<const output_environment> env,
                                             std::shared_ptr<agent_services> agent,
                                             entered_election& election,
                                             consul_service_options options)
    : env_(std::move(env)),
      agent_(std::move(agent)),
      election_(election),
      options_(std::move(options)),
      lookup_(*agent_, options_, env_),
      file_(options_.file, env_),
      gate_(options_.health),
      closed_by_(gate_.reason(env_->now(), false)),
      changed_(*env_->timers),
      id_(options_.id) {
  election_.set_healthy(*this, false);
}

void consul_service_output::changed(const election_state&) { changed_.notify_all(); }

// -- while this process leads --------------------------------------------------------------------

asio::awaitable<void> consul_service_output::lead(term t) {
  term_ = t;
  leading_ = true;
  changed_.notify_all();
  // A term that has ended no longer says until when its lease lasts.
  time_point lease_end = t.valid_until();
  try {
    for (;;) {
      lease_end = std::max(lease_end, t.valid_until());
      co_await runtime::sleep_until(*env_->timers, now() + check_interval);
    }
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  lease_end = std::max(lease_end, t.valid_until());
  leading_ = false;
  file_.keep(leader_file::state::absent);
  changed_.notify_all();
  while (!ended_ && !up_to_date() && now() < lease_end) co_await changed_.wait(lease_end);
  if (!ended_ && !up_to_date()) report(log_level::error, "label outlived the lease");
  term_ = term();
}

service_marks consul_service_output::wanted() const {
  service_marks marks;
  marks.leading = leading_ && !ending_ && term_.holds();
  if (ending_ || options_.labels.meta == meta_use::none) return marks;
  marks.session = marks.leading ? term_.session() : election_.handle().session();
  return marks;
}

// -- as long as the sidecar runs -----------------------------------------------------------------

asio::awaitable<void> consul_service_output::run() {
  runtime::task_scope tasks(env_->executor, *env_->timers, [](std::exception_ptr) {});
  std::exception_ptr failure;
  tasks.spawn(keep_file());
  try {
    co_await find_service();
    tasks.spawn(watch());
    if (options_.health == health_use::gates) tasks.spawn(watch_health());
    co_await keep_marks();
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks.cancel();
  co_await tasks.join();
  ending_ = true;
  co_await remove_marks();
  ended_ = true;
  changed_.notify_all();
  std::rethrow_exception(failure);  // keep_marks() ends only by an exception
}

asio::awaitable<void> consul_service_output::find_service() {
  std::uint64_t tries = 0;
  time_point next_try = now();
  for (;;) {
    const std::string found = co_await lookup_.find();
    id_ = found;
    if (!id_.empty()) break;
    if (lookup_.refused()) {  // the right may be granted at any time
      tries = 0;
      next_try = now() + lookup_interval;
    } else if (now() >= next_try) {
      ++tries;
      next_try = now() + lookup_interval;
      env_->log->log(log_level::error, "service not found",
                     {log_field("election", election_.name()),
                      log_field("wanted", lookup_.description()), log_field("try", tries),
                      log_field("of", first_lookups)});
      if (election_.added_by_reload()) {
        if (tries >= first_lookups) next_try = now() + late_lookup_interval;
      } else if (tries == first_lookups) {
        if (!lookup_.error().empty()) throw fatal_error(1, lookup_.error());
        throw fatal_error(1, "no " + lookup_.description() +
                                 " at the Consul agent: is it registered there, and may the "
                                 "token read it (service:read)?");
      }
    }
    const time_point again = std::min(next_try, now() + quick_lookup_interval);
    co_await runtime::sleep_until(*env_->timers, again);
  }
  env_->log->log(log_level::info, "service found",
                 {log_field("election", election_.name()), log_field("service", id_)});
}

// Beside the marks: a hanging agent must not delay the removal of the file.
asio::awaitable<void> consul_service_output::keep_file() {
  for (;;) {
    const bool leads = published_.leading && wanted().leading;
    file_.keep(leads ? leader_file::state::present : leader_file::state::absent);
    if (options_.file.empty()) co_return;
    co_await changed_.wait(now() + file_interval);
  }
}

asio::awaitable<void> consul_service_output::watch_health() {
  using state = service_health::state;
  for (;;) {
    const service_health seen = co_await agent_->health(id_);
    if (seen.error) {
      report_failure(health_failed, seen);  // the last verdict stays
    } else {
      env_->outages->succeeded(health_failed, now());
    }
    if (!seen.error && seen.now != state::missing) {
      std::string why;
      for (const std::string& check : seen.failing) why += (why.empty() ? "" : ", ") + check;
      if (seen.now == state::passing || seen.now == state::warning) {
        gate_.passing(now());
      } else {
        gate_.critical(now(), std::move(why));
      }
      judge();
    }
    co_await runtime::sleep_until(*env_->timers, now() + health_interval);
  }
}

// Opens and closes the way to the leadership.
void consul_service_output::judge() {
  if (ending_) return;
  const std::string_view reason = gate_.reason(now(), leading_);
  if (reason == closed_by_) return;
  const bool was_open = closed_by_.empty();
  closed_by_ = reason;
  election_.set_healthy(*this, closed_by_.empty());
  const log_field election("election", election_.name());
  const log_field service("service", id_);
  if (closed_by_.empty()) {
    if (std::exchange(paused_, false))
      env_->log->log(log_level::info, "candidacy resumed", {election, service});
    return;
  }
  if (!gate_.known()) return;  // at the start, and after a registration
  paused_ = true;
  const std::string& checks = gate_.checks();
  const log_field why("reason", closed_by_ + (checks.empty() ? "" : ": " + checks));
  if (was_open && leading_) {
    env_->log->log(log_level::error, "leadership given up", {election, service, why});
  } else {
    env_->log->log(log_level::warn, "candidacy paused", {election, service, why});
  }
}

// Marks that stayed would be wrong from now on.
asio::awaitable<void> consul_service_output::remove_marks() {
  const time_point end = now() + end_timeout;
  for (;;) {
    file_.keep(leader_file::state::absent);
    bool removed = true;
    if (!id_.empty() && !up_to_date()) {
      const bool good = co_await publish(wanted());
      removed = good && up_to_date();
    }
    if (removed && file_.in_step()) co_return;
    if (now() >= end) break;
    co_await runtime::sleep_until(*env_->timers, now() + end_pause);
  }
  if (!file_.in_step()) {
    env_->log->log(log_level::error, "leader file not removed", {log_field("file", options_.file)});
  }
  if (!id_.empty() && !up_to_date()) report(log_level::error, "marks not removed");
}

void consul_service_output::report(log_level level, std::string_view event) {
  env_->log->log(level, event,
                 {log_field("election", election_.name()), log_field("service", id_),
                  term_ ? log_field("fence", term_.fence()) : log_field("fence", "")});
}

void consul_service_output::report_failure(std::string_view event, const service_answer& answer) {
  env_->outages->failed(event, answer.error, answer.detail, {log_field("service", id_)}, now());
}

}  // namespace tenure::sidecar
