// The service at the agent: its marks are read, compared with the wanted ones, and written.
#include <algorithm>
#include <utility>

#include "sidecar/consul_service/output.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// An agent that takes tags over from the catalog (EnableTagOverride) ends no blocking query for it:
// hence short ones.
constexpr duration poll_wait = 5s;
constexpr duration poll_pause = 1s;         // after a poll without news
constexpr duration missing_interval = 1s;   // between lookups of a service that was deregistered
constexpr duration check_interval = 500ms;  // of the session and the lease
constexpr duration write_timeout = 10s;
constexpr int max_attempts = 5;  // of one publish(): each unknown field costs one

/// Changes that come in quick succession: more than a few in a row, each within a second of its
/// poll, cost a growing pause each.
class change_pace {
 public:
  duration pause_after(duration poll) noexcept {
    if (poll >= poll_pause) quick_ = 0;
    quick_ = std::min(quick_ + 1, free_changes + 1);
    pause_ = quick_ > free_changes ? std::clamp(pause_ * 2, shortest, longest) : duration{0};
    return pause_;
  }

 private:
  static constexpr unsigned free_changes = 4;
  static constexpr duration shortest = 100ms;
  static constexpr duration longest = 5s;
  unsigned quick_ = 0;
  duration pause_{0};
};

constexpr std::string_view read_failed = "service read failed";
constexpr std::string_view update_failed = "service update failed";

constexpr const char* label_hint =
    "another program, such as a scheduler, restores the tags: set the service's "
    "enable_tag_override";
constexpr const char* session_hint =
    "another program, such as a scheduler, restores the metadata: set meta: none "
    "(CONSUL_LEADER_META=none)";
constexpr const char* both_hint =
    "another program, such as a scheduler, restores the service: set its enable_tag_override, and "
    "meta: none (CONSUL_LEADER_META=none)";

}  // namespace

// The agent reports the service to the servers with this token, so it must not be a revoked one.
bool consul_service_output::registered_with_old_token() const {
  return !missing_ && registered_with_ && *registered_with_ != agent_->config().token();
}

asio::awaitable<void> consul_service_output::keep_marks() {
  for (;;) {
    judge();
    const service_marks marks = wanted();
    if (marks != aim_) keeper_.wanted_changed();
    aim_ = marks;
    if (!up_to_date() && keeper_.due(now())) {
      const bool good = co_await publish(marks);
      if (good) {
        keeper_.in_step();
        changed_.notify_all();
      } else {
        keeper_.failed(now());
      }
      continue;
    }
    // A change of the wanted marks ends the pause after a failure or a repair.
    time_point until = now() + check_interval;
    if (!up_to_date()) until = std::min(until, keeper_.not_before());
    co_await changed_.wait(until);
  }
}

// Reads the service, and writes it back with the marks where it has others. True once the agent
// returns it with these marks, or does not know it: then it has no marks that could be wrong.
asio::awaitable<bool> consul_service_output::publish(service_marks marks) {
  const bool repair = unknown_ && published_ == marks && !hash_.empty();
  for (int attempt = 0; attempt < max_attempts; ++attempt) {
    unknown_ = false;  // a change that watch() sees from here on is newer than this read
    const service_result known = co_await agent_->read(id_);
    if (!known.error && !known.service) {
      const bool again = co_await find_again();
      if (again) continue;
      note_missing();
      published_ = marks;
      writing_ = false;
      co_return true;
    }
    if (known.error) {
      unknown_ = true;
      report_failure(read_failed, known);
      co_return false;
    }
    note_found();
    env_->outages->succeeded(read_failed, now());
    auto body = registration(*known.service, marks, options_.labels, refused_fields_);
    if (!body && registered_with_old_token())
      body = known.service->registration(refused_fields_);
    if (!body) {
      published_ = marks;
      writing_ = false;
      hash_ = known.service->hash;
      changed_.notify_all();
      co_return true;
    }
    // A request that sets the primary label must not take effect after the lease.
    const time_point latest = now() + write_timeout;
    const time_point deadline = marks.leading ? std::min(latest, term_.stop_at()) : latest;
    if (marks.leading && wanted() != marks) break;
    if (repair && attempt == 0) note_repair(*known.service, marks);
    const std::string token = agent_->config().token();
    writing_ = true;
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
  if (!options_.id.empty() || ending_) co_return false;
  const std::string found = co_await lookup_.find();
  if (found.empty() || found == id_) co_return false;
  id_ = found;
  refused_fields_.clear();
  co_return true;
}

void consul_service_output::note_missing() {
  if (!missing_) report(log_level::warn, "service deregistered");
  missing_ = true;
  hash_.clear();
  gate_.missing(now());
  changed_.notify_all();
}

void consul_service_output::note_found() {
  if (std::exchange(missing_, false)) report(log_level::info, "service registered again");
  gate_.found();
}

// Any program may register the service again, which removes the marks, or deregister it.
asio::awaitable<void> consul_service_output::watch() {
  change_pace pace;
  for (;;) {
    if (unknown_ || (hash_.empty() && !missing_)) {
      co_await changed_.wait();
      continue;
    }
    if (missing_) {
      co_await runtime::sleep_until(*env_->timers, now() + missing_interval);
      if (!missing_) continue;
    } else {
      const std::string seen = hash_;
      const time_point begin = now();
      const service_result news = co_await agent_->watch(id_, seen, poll_wait);
      if (seen != hash_) continue;  // our own write
      const bool same = !news.error && news.service && news.service->hash == seen;
      // Some agents answer a blocking query at once.
      if (news.error || same) co_await runtime::sleep_until(*env_->timers, begin + poll_pause);
      if (same) continue;
      const time_point next = now() + pace.pause_after(now() - begin);
      if (!news.error) co_await runtime::sleep_until(*env_->timers, next);
    }
    unknown_ = true;
    changed_.notify_all();
  }
}

void consul_service_output::note_repair(const agent_service& service, const service_marks& marks) {
  if (!keeper_.repairing(now(), env_->counted->labels_repaired)) return;
  const bool label = !has_label(service, marks, options_.labels);
  const bool session = !has_session(service, marks, options_.labels);
  const log_field election("election", election_.name());
  const log_field service_id("service", id_);
  const log_field lost("lost", label && session ? "label session" : label ? "label" : "session");
  const log_field repairs("repairs", std::uint64_t{keeper_.repairs_in_a_row()});
  // With tags that may be overridden, a scheduler leaves them alone.
  const char* hint = label && session ? both_hint : label ? label_hint : session_hint;
  if (!keeper_.contested() || (label && !session && service.tags_overridable)) {
    const log_level level = keeper_.contested() ? log_level::warn : log_level::info;
    env_->log->log(level, "repairing marks", {election, service_id, lost, repairs});
  } else {
    env_->log->log(log_level::warn, "repairing marks",
                   {election, service_id, lost, repairs, log_field("hint", hint)});
  }
}

}  // namespace tenure::sidecar
