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
// An agent that takes tags over from the catalog (EnableTagOverride) ends no blocking query for it:
// hence short ones.
constexpr duration poll_wait = 5s;
constexpr duration poll_pause = 1s;         // after a poll without news
constexpr duration check_interval = 500ms;  // of the session and the lease
constexpr duration first_pause = 250ms;
constexpr duration longest_pause = 2s;
constexpr duration write_timeout = 10s;
constexpr duration end_timeout = 3s;  // for an agent that does not answer at the end
constexpr int max_attempts = 5;       // of one publish(): each unknown field costs one

constexpr std::string_view read_failed = "service read failed";
constexpr std::string_view update_failed = "service update failed";

}  // namespace

consul_service_output::consul_service_output(std::shared_ptr<const output_environment> env,
                                             std::shared_ptr<agent_services> agent,
                                             consul_service_options options,
                                             std::function<std::string()> session)
    : env_(std::move(env)),
      agent_(std::move(agent)),
      options_(std::move(options)),
      session_(std::move(session)),
      lookup_(*agent_, options_, env_),
      file_(options_.file, env_->log),
      changed_(*env_->timers),
      id_(options_.id) {}

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
  changed_.notify_all();
  while (!ended_ && !up_to_date() && now() < lease_end) co_await changed_.wait(lease_end);
  if (!ended_ && !up_to_date()) report(log_level::error, "label outlived the lease");
  term_ = term();
}

service_marks consul_service_output::wanted() const {
  service_marks marks;
  marks.leading = leading_ && !ending_ && term_.holds();
  if (!ending_) marks.session = marks.leading ? term_.session() : session_();
  return marks;
}

// The agent reports the service to the servers with this token, so it must not be a revoked one.
bool consul_service_output::registered_with_old_token() const {
  return registered_with_ && *registered_with_ != agent_->config().token();
}

// -- as long as the sidecar runs -----------------------------------------------------------------

asio::awaitable<void> consul_service_output::run() {
  runtime::task_scope tasks(env_->executor, *env_->timers, [](std::exception_ptr) {});
  std::exception_ptr failure;
  try {
    co_await find_service();
    tasks.spawn(watch());
    co_await keep_up_to_date();
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks.cancel();
  co_await tasks.join();
  ending_ = true;
  if (!id_.empty()) co_await remove_marks();
  ended_ = true;
  changed_.notify_all();
  std::rethrow_exception(failure);  // keep_up_to_date() ends only by an exception
}

asio::awaitable<void> consul_service_output::find_service() {
  for (std::uint64_t i = 1;; ++i) {
    const std::string found = co_await lookup_.find();
    id_ = found;
    if (!id_.empty()) co_return;
    if (lookup_.refused()) {  // the right may be granted at any time
      i = 0;
      co_await runtime::sleep_until(*env_->timers, now() + lookup_interval);
      continue;
    }
    env_->log->log(log_level::error, "service not found",
                   {log_field("wanted", lookup_.description()), log_field("try", i),
                    log_field("of", first_lookups)});
    if (i == first_lookups) break;
    co_await runtime::sleep_until(*env_->timers, now() + lookup_interval);
  }
  if (!lookup_.error().empty()) throw fatal_error(1, lookup_.error());
  throw fatal_error(1, "no " + lookup_.description() +
                           " at the Consul agent: is it registered there, and may the token read "
                           "it (service:read)?");
}

asio::awaitable<void> consul_service_output::keep_up_to_date() {
  duration pause = first_pause;
  for (;;) {
    const bool leads = published_.leading && wanted().leading;
    file_.set(leads ? leader_file::state::present : leader_file::state::absent);
    if (!up_to_date() && (published_ != wanted() || now() >= repairs_.not_before())) {
      const bool good = co_await publish(wanted());
      pause = good ? first_pause : std::min<duration>(pause * 2, longest_pause);
      if (good) changed_.notify_all();
      // A change of the wanted marks ends the pause.
      if (!good) co_await changed_.wait(now() + pause);
      continue;
    }
    time_point until = now() + check_interval;
    if (unknown_) until = std::min(until, repairs_.not_before());
    co_await changed_.wait(until);
  }
}

// Reads the service, and writes it back with the marks where it has others. True once the agent
// returns it with these marks.
asio::awaitable<bool> consul_service_output::publish(service_marks marks) {
  const bool repair = unknown_ && published_ == marks && !hash_.empty();
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    unknown_ = false;  // a change that watch() sees from here on is newer than this read
    const service_result known = co_await agent_->read(id_);
    if (!known.error && !known.service) {
      const bool again = co_await find_again();
      if (again) continue;
      co_return false;
    }
    if (known.error) {
      unknown_ = true;
      report_failure(read_failed, known);
      co_return false;
    }
    missing_ = false;
    env_->outages->succeeded(read_failed, now());
    auto body = registration(*known.service, marks, options_.labels, refused_fields_);
    if (!body && registered_with_old_token())
      body = known.service->registration(refused_fields_);
    if (!body) {
      published_ = marks;
      hash_ = known.service->hash;
      changed_.notify_all();
      co_return true;
    }
    // A request that sets the primary label must not take effect after the lease.
    const time_point latest = now() + write_timeout;
    const time_point deadline = marks.leading ? std::min(latest, term_.stop_at()) : latest;
    if (marks.leading && wanted() != marks) break;
    if (repair && attempt == 0) note_repair(*known.service);
    const std::string token = agent_->config().token();
    const service_written written =
        co_await agent_->register_service(std::move(*body), deadline);
    if (!written.unknown_field.empty() && refused_fields_.insert(written.unknown_field).second)
      continue;
    if (written.error) {
      report_failure(update_failed, written);
      break;
    }
    registered_with_ = token;
    env_->outages->succeeded(update_failed, now());
  }
  unknown_ = true;
  co_return false;
}

// The service was deregistered; its next registration may have another id.
asio::awaitable<bool> consul_service_output::find_again() {
  if (!missing_) report(log_level::warn, "service deregistered");
  missing_ = true;
  unknown_ = true;
  hash_.clear();
  if (!options_.id.empty() || ending_) co_return false;
  const std::string found = co_await lookup_.find();
  if (found.empty() || found == id_) co_return false;
  id_ = found;
  refused_fields_.clear();
  co_return true;
}

// Any program may register the service again, which removes the marks.
asio::awaitable<void> consul_service_output::watch() {
  for (;;) {
    while (hash_.empty() || unknown_) co_await changed_.wait();
    const std::string seen = hash_;
    const time_point begin = now();
    const service_result news = co_await agent_->watch(id_, seen, poll_wait);
    if (seen != hash_) continue;  // our own write
    const bool same = !news.error && news.service && news.service->hash == seen;
    // Some agents answer a blocking query at once.
    if (news.error || same) co_await runtime::sleep_until(*env_->timers, begin + poll_pause);
    if (same) continue;
    unknown_ = true;
    changed_.notify_all();
  }
}

// Marks that stayed would be wrong from now on.
asio::awaitable<void> consul_service_output::remove_marks() {
  file_.set(leader_file::state::absent);
  const time_point end = now() + end_timeout;
  while (!up_to_date() && now() < end) {
    const bool good = co_await publish(wanted());
    if (!good) co_await runtime::sleep_until(*env_->timers, now() + first_pause);
    if (missing_) co_return;
  }
  if (!up_to_date()) report(log_level::error, "marks not removed");
}

void consul_service_output::note_repair(const agent_service& service) {
  repairs_.note_repair(now());
  ++env_->counted->labels_repaired;
  const log_field service_id("service", id_);
  const log_field repairs("repairs", std::uint64_t{repairs_.in_a_row()});
  if (!repairs_.contested()) {
    env_->log->log(log_level::info, "repairing marks", {service_id, repairs});
  } else if (service.tags_overridable) {
    env_->log->log(log_level::warn, "repairing marks", {service_id, repairs});
  } else {
    env_->log->log(log_level::warn, "repairing marks",
                   {service_id, repairs,
                    log_field("hint", "a scheduler may restore the service: set its "
                                      "enable_tag_override")});
  }
}

void consul_service_output::report(log_level level, std::string_view event) {
  env_->log->log(level, event,
                 {log_field("service", id_),
                  term_ ? log_field("fence", term_.fence()) : log_field("fence", "")});
}

void consul_service_output::report_failure(std::string_view event, const service_answer& answer) {
  env_->outages->failed(event, answer.error, answer.detail, {log_field("service", id_)}, now());
}

}  // namespace tenure::sidecar
