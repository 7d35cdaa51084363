#include "election/sessions/consul_session.hpp"

#include <algorithm>
#include <tenure/outage_log.hpp>
#include <utility>

#include "consul/failure_log.hpp"
#include "core/util/backoff.hpp"
#include "core/testing/seeded_bug.hpp"
#include "core/util/invariant.hpp"
#include "election/sessions/span_tag.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// A session that was lost sooner than this counts as a failure: the next one waits longer. Behind a
// load balancer over several agents a process's check, or the session itself, is not known there.
constexpr duration settled_after = 10s;
constexpr duration known_after = 1s;

constexpr std::string_view create_failed = "session create failed";
constexpr std::string_view renewal_failed = "session renewal failed";

}  // namespace

session_kind::session_kind(const candidacy& how)
    : span(how.span()), ttl(how.ttl()), lock_delay(how.lock_delay()), behavior(how.behavior()) {}

consul_session::consul_session(std::shared_ptr<const runtime::environment> env,
                               consul::client& client, spawn_function spawn, session_plan plan)
    : env_(std::move(env)),
      client_(client),
      spawn_(std::move(spawn)),
      plan_(std::move(plan)),
      counted_(env_->metrics, metric::sessions),
      lost_(*env_->timers) {}

consul_session::~consul_session() {
  core::must(users_.empty(), "a session outlives its users", [this] { return describe(); });
}

std::string consul_session::describe() const {
  std::string text = "session " + (id_.empty() ? std::string("(none)") : id_) + " of \"" +
                     plan_.name + "\", " + std::to_string(users_.size()) + " users";
  if (creating_) text += ", being created";
  if (check_) text += ", bound to check " + check_->check();
  if (check_lost_) text += ", which the agent forgot";
  return text;
}

// -- users ---------------------------------------------------------------------------------------

void consul_session::attach(session_user& user) {
  user.index_ = static_cast<std::uint32_t>(users_.size());
  users_.push_back(&user);
}

// Swap-remove: the last user moves into the freed place.
void consul_session::detach(session_user& user) noexcept {
  const std::uint32_t place = user.index_;
  if (place >= users_.size() || users_[place] != &user) return;
  users_[place] = users_.back();
  users_[place]->index_ = place;
  users_.pop_back();
}

// A copy to iterate over: callbacks may attach, detach or destroy users.
std::vector<std::weak_ptr<session_user>> consul_session::users() const {
  std::vector<std::weak_ptr<session_user>> all;
  all.reserve(users_.size());
  for (session_user* r : users_) all.push_back(r->weak_user());
  return all;
}

void consul_session::notify_users(void (*what)(session_user&, const std::string& id)) {
  const std::string id = id_;
  for (const auto& weak : users()) {
    if (const auto r = weak.lock()) what(*r, id);
  }
}

void consul_session::set_id(std::string id) noexcept {
  id_ = std::move(id);
  counted_.set(id_.empty() ? 0 : 1);
}

const request_error* consul_session::report_refusal(const request_error& other) const noexcept {
  if (!id_.empty()) return &other;
  if (!create_error_.code()) return nullptr;
  return create_error_.code() == error_kind::fatal ? &create_error_ : &other;
}

void consul_session::report_lost(const std::string& id) {
  if (id.empty() || id != id_) return;
  env_->log->log(log_level::warn, "session lost", {{"session", id}});
  runtime::count(*env_, metric::sessions_lost);
  replace(id);
}

void consul_session::replace(const std::string& id) {
  if (id.empty() || id != id_) return;
  notify_users([](session_user& r, const std::string& lost) { r.session_lost(lost); });
  set_id({});
  lost_.notify_all();
}

boost::asio::awaitable<void> consul_session::run() {
  core::backoff failures(100ms, 5s);
  for (;;) {
    creating_ = true;
    consul::session_created created = co_await create();
    creating_ = false;
    if (!created.error && check_lost_) {
      created.error = consul_errc::server_error;
      created.detail = "the agent forgot the process's check while the session was created";
    }
    if (created.error) {
      drop_check(created.id);
      const duration pause = failures.next(env_->random->next());
      co_await wait_before_retry(std::move(created), pause);
      continue;
    }
    const time_point since = env_->timers->now();
    env_->outages->succeeded(create_failed, since);
    create_error_.clear();
    core::must(id_.empty(), "a session is created after the end of the last one",
               [this] { return describe(); });
    set_id(created.id);
    env_->log->log(log_level::info, "session created", {{"session", id_}});
    runtime::count(*env_, metric::sessions_created);
    notify_users([](session_user& r, const std::string& id) { r.session_ready(id); });
    if (check_ && !bound_) {
      spawn_(runtime::keep_alive(verify_bound(check_, id_), shared_from_this()));
    }
    co_await renew_until_lost();
    const bool forgotten = check_lost_;
    drop_check(created.id);
    const duration lived = env_->timers->now() - since;
    const bool failed = lived < (forgotten ? settled_after : known_after);
    if (!failed) failures.reset();
    if (failed || forgotten) {
      const time_point again = env_->timers->now() + failures.next(env_->random->next());
      co_await runtime::sleep_until(*env_->timers, again);
    }
  }
}

boost::asio::awaitable<consul::session_created> consul_session::create() {
  consul::session_request request;
  if (plan_.liveness > duration::zero()) {
    core::must(check_ == nullptr, "a check belongs to one session",
               [this] { return describe(); });
    check_lost_ = false;
    check_ = std::make_shared<liveness_check>(env_, client_, plan_.name, plan_.liveness);
    const consul::ack begun = co_await check_->begin();
    if (begun.error) {
      consul::session_created none;
      none.error = begun.error;
      none.detail = begun.detail;
      none.sent_at = begun.sent_at;
      co_return none;
    }
    spawn_(runtime::keep_alive(keep_passing(check_), shared_from_this()));
    request.node_checks.emplace();
    request.service_checks.push_back(check_->check());
  }
  request.name = name_with_span(plan_.name, plan_.kind.span);
  request.ttl = plan_.kind.ttl;
  request.lock_delay = plan_.kind.lock_delay;
  request.behavior = plan_.kind.behavior == session_behavior::release
                         ? consul::behavior::release
                         : consul::behavior::remove;
  consul::session_created created = co_await client_.create_session(std::move(request));
  co_return created;
}

boost::asio::awaitable<void> consul_session::wait_before_retry(consul::session_created failed,
                                                       duration pause) {
  if (failed.detail.find("ServiceChecks") != std::string::npos) {
    failed.detail += "; liveness needs Consul 1.7 or later: upgrade it, or leave liveness out";
  }
  consul::log_failure(*env_, create_failed, failed.error, failed.detail, {});
  runtime::count(*env_, metric::session_creations_failed);
  create_error_.note(failed);
  for (const auto& weak : users()) {
    if (const auto r = weak.lock()) r->session_failed(failed);
  }
  co_await runtime::sleep_until(*env_->timers, env_->timers->now() + pause);
}

boost::asio::awaitable<void> consul_session::renew_until_lost() {
  const duration interval = plan_.kind.ttl / 3;
  core::backoff failures(100ms, interval);
  time_point next = env_->timers->now() + interval;
  const std::string id = id_;
  while (id_ == id) {
    const bool lost = co_await lost_.wait(next);
    if (lost || id_ != id) continue;
    const time_point sent = env_->timers->now();
    const time_point give_up = sent + std::min(interval, client_.config().request_timeout());
    const consul::session_renewed renewed = co_await client_.renew_session(id, give_up);
    count_renewal(renewed);
    if (renewed.error) {
      consul::log_failure(*env_, renewal_failed, renewed.error, renewed.detail, {{"session", id}});
      next = env_->timers->now() + failures.next(env_->random->next());
    } else if (!renewed.alive) {
      report_lost(id);
    } else {
      failures.reset();
      env_->outages->succeeded(renewal_failed, env_->timers->now());
      core::must(id_ == id || id_.empty(), "one session is renewed until it is lost",
                 [this] { return describe(); });
      next = sent + interval;
      runtime::make_full_region_huge();  // nothing is urgent for a while
      if (bug_enabled(core::seeded_bug::renewal_is_proof)) report_renewed(sent);
    }
  }
}

void consul_session::count_renewal(const consul::session_renewed& answer) const noexcept {
  if (answer.error) runtime::count(*env_, metric::session_renewals_failed);
  if (!answer.error && answer.alive) runtime::count(*env_, metric::session_renewals);
}

void consul_session::report_renewed(time_point sent_at) {
  for (const auto& weak : users()) {
    if (const auto r = weak.lock()) r->session_renewed(sent_at);
  }
}

bool consul_session::in_use() const noexcept {
  return std::any_of(users_.begin(), users_.end(),
                     [](const session_user* user) { return user->working(); });
}

boost::asio::awaitable<void> consul_session::end(ending how) {
  const time_point give_up = client_.deadline();
  if (!id_.empty() && how == ending::destroy) {
    const consul::ack answer = co_await client_.destroy_session(id_);
    if (answer.error) {
      consul::log_failure(*env_, "session destroy failed; it will expire", answer.error,
                          answer.detail, {{"session", id_}});
    }
    set_id({});
  }
  if (check_ && how == ending::destroy) {
    pending_deregistrations_.push_back(std::exchange(check_, nullptr));
  }
  const auto pending = std::exchange(pending_deregistrations_, {});
  for (const auto& check : pending) co_await check->end(give_up);
  counted_.set(0);
}

}  // namespace tenure::impl
