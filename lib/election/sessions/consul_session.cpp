#include "election/sessions/consul_session.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/util/backoff.hpp"
#include "core/lease/lease_rules.hpp"
#include "core/testing/seeded_bug.hpp"
#include "election/participant/participant.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t keys_a_proof = 64;
// Proofs under way at a time, one more than the lane has connections at most: the requests of all
// that are due, made at once, would take as much memory as a third of the elections.
constexpr std::size_t most_provers = 5;
constexpr std::string_view span_mark = " span=";
/// A session that lasted for less was one of several in a row.
constexpr duration settled_after = 10s;

}  // namespace

session_kind::session_kind(const candidacy& how)
    : span(how.span()), ttl(how.ttl()), lock_delay(how.lock_delay()), behavior(how.behavior()) {}

duration span_in_name(const std::string& session_name) noexcept {
  const auto at = session_name.rfind(span_mark);
  if (at == std::string::npos) return duration{0};
  const char* first = session_name.data() + at + span_mark.size();
  const char* last = session_name.data() + session_name.size();
  std::int64_t ms = 0;
  const auto [end, ec] = std::from_chars(first, last, ms);
  if (ec != std::errc{} || std::string_view(end, last) != "ms" || ms < 0 || ms > 86'400'000) {
    return duration{0};
  }
  return std::chrono::milliseconds(ms);
}

consul_session::consul_session(std::shared_ptr<const runtime::environment> env,
                               consul::client& client, runtime::task_scope& tasks,
                               session_kind kind, std::string name, duration liveness)
    : env_(std::move(env)),
      client_(client),
      tasks_(tasks),
      kind_(kind),
      name_(std::move(name)),
      liveness_(liveness),
      lost_(*env_->timers),
      due_(*env_->timers) {}

void consul_session::attach(participant& user) {
  user.index_in_session = static_cast<std::uint32_t>(users_.size());
  users_.push_back(&user);
}

// The last one takes its place.
void consul_session::detach(participant& user) noexcept {
  const std::uint32_t place = user.index_in_session;
  if (place >= users_.size() || users_[place] != &user) return;
  users_[place] = users_.back();
  users_[place]->index_in_session = place;
  users_.pop_back();
}

/// For who tells them something: that may attach, detach or destroy others.
std::vector<std::weak_ptr<participant>> consul_session::users() const {
  std::vector<std::weak_ptr<participant>> all;
  all.reserve(users_.size());
  for (participant* r : users_) all.push_back(r->weak());
  return all;
}

void consul_session::tell_all(void (*tell)(participant&, const std::string& id)) {
  const std::string id = id_;
  for (const auto& weak : users()) {
    if (const auto r = weak.lock()) tell(*r, id);
  }
}

void consul_session::report_lost(const std::string& id) {
  if (id.empty() || id != id_) return;
  env_->log->log(log_level::warn, "the session is lost", {{"session", id}});
  tell_all([](participant& r, const std::string& lost) { r.session_gone(lost); });
  id_.clear();
  lost_.notify_all();
}

boost::asio::awaitable<void> consul_session::run() {
  core::backoff failures(100ms, 5s);
  for (;;) {
    consul::session_created created = co_await create();
    if (!created.error && check_lost_) {
      created.error = consul_errc::server_error;
      created.detail = "the agent forgot the check of this process while the session was made";
    }
    last_error_ = created.error;
    if (created.error) {
      drop_check(created.id);
      const duration pause = failures.next(env_->random->next());
      co_await wait_before_retry(std::move(created), pause);
      continue;
    }
    const time_point since = env_->timers->now();
    id_ = created.id;
    env_->log->log(log_level::info, "session created", {{"session", id_}});
    tell_all([](participant& r, const std::string& id) { r.session_ready(id); });
    if (check_ && !bound_) {
      tasks_.spawn(runtime::keep_alive(look_whether_bound(check_, id_), shared_from_this()));
    }
    co_await renew_until_gone();
    const bool forgotten = check_lost_;
    drop_check(created.id);
    if (!forgotten || env_->timers->now() - since > settled_after) failures.reset();
    // Where requests reach now this agent, now that one, every session would end like this.
    if (forgotten) {
      const time_point again = env_->timers->now() + failures.next(env_->random->next());
      co_await runtime::sleep_until(*env_->timers, again);
    }
  }
}

boost::asio::awaitable<consul::session_created> consul_session::create() {
  consul::session_request request;
  if (liveness_ > duration::zero()) {
    check_lost_ = false;
    check_ = std::make_shared<liveness_check>(env_, client_, name_, liveness_);
    const consul::ack begun = co_await check_->begin();
    if (begun.error) {
      consul::session_created none;
      none.error = begun.error;
      none.detail = begun.detail;
      co_return none;
    }
    tasks_.spawn(runtime::keep_alive(run(check_), shared_from_this()));
    request.node_checks.emplace();
    request.service_checks.push_back(check_->check());
  }
  // The span is told in the name: a successor with a shorter one waits for ours.
  const auto span_ms = std::chrono::ceil<std::chrono::milliseconds>(kind_.span).count();
  request.name = name_ + std::string(span_mark) + std::to_string(span_ms) + "ms";
  request.ttl = kind_.ttl;
  request.lock_delay = kind_.lock_delay;
  request.behavior = kind_.behavior == session_behavior::release ? consul::behavior::release
                                                                 : consul::behavior::remove;
  consul::session_created created = co_await client_.create_session(std::move(request));
  co_return created;
}

boost::asio::awaitable<void> consul_session::wait_before_retry(consul::session_created failed,
                                                  duration pause) {
  if (failed.detail.find("ServiceChecks") != std::string::npos) {
    failed.detail += "; liveness needs Consul 1.7 or later: upgrade it, or leave liveness out";
  }
  env_->log->log(log_level::warn, "no session", {{"why", failed.detail}});
  for (const auto& weak : users()) {
    if (const auto r = weak.lock()) r->session_trouble(failed.error);
  }
  co_await runtime::sleep_until(*env_->timers, env_->timers->now() + pause);
}

boost::asio::awaitable<void> consul_session::renew_until_gone() {
  const duration interval = kind_.ttl / 3;
  core::backoff failures(100ms, interval);
  time_point next = env_->timers->now() + interval;
  const std::string id = id_;
  while (id_ == id) {
    const bool told = co_await lost_.wait(next);
    if (told || id_ != id) continue;
    const time_point sent = env_->timers->now();
    const consul::session_renewed renewed = co_await client_.renew_session(id, sent + interval);
    if (renewed.error) {
      env_->log->log(log_level::warn, "renewal failed",
                          {{"session", id}, {"why", renewed.detail}});
      next = env_->timers->now() + failures.next(env_->random->next());
    } else if (!renewed.alive) {
      report_lost(id);
    } else {
      failures.reset();
      next = sent + interval;
      if (bug_enabled(core::seeded_bug::renewal_is_proof)) take_for_proof(sent);
    }
  }
}

void consul_session::take_for_proof(time_point sent) {
  for (const auto& weak : users()) {
    if (const auto r = weak.lock()) r->proof_done(r->begin_proof(), sent);
  }
}

// -- proofs --------------------------------------------------------------------------------------

class consul_session::proof_batch {
 public:
  std::vector<std::shared_ptr<participant>> participants;
  std::vector<std::uint64_t> guards;
  time_point asked{};  ///< when it was due: it waits in line within its time-out
};

/// Counted for as long as it lives.
class consul_session::prover {
 public:
  explicit prover(consul_session& k) noexcept : session_(k) {}
  prover(const prover&) = delete;
  prover& operator=(const prover&) = delete;
  ~prover() { --session_.provers_; }

 private:
  consul_session& session_;
};

void consul_session::proof_due(time_point at) noexcept {
  if (at >= next_proof_) return;
  next_proof_ = at;
  due_.notify_all();
}

/// Something is due: puts it into line, and what soon would be, so that proofs of many keys stay
/// together. Returns when something is due again.
time_point consul_session::collect_due(time_point now) {
  time_point next = time_point::max();
  std::shared_ptr<proof_batch> batch;
  for (participant* r : users_) {
    if (!r->proof_worthwhile(now)) {
      next = std::min(next, r->proof_due());
      continue;
    }
    auto kept = r->weak().lock();
    if (!kept) continue;
    if (!batch || batch->participants.size() == keys_a_proof) {
      batch = std::make_shared<proof_batch>();
      batch->asked = now;
      to_prove_.push_back(batch);
    }
    batch->guards.push_back(r->begin_proof());
    batch->participants.push_back(std::move(kept));
  }
  return next;
}

boost::asio::awaitable<void> consul_session::prove() {
  for (;;) {
    while (env_->timers->now() < next_proof_) co_await due_.wait(next_proof_);
    const std::size_t before = to_prove_.size();
    next_proof_ = collect_due(env_->timers->now());
    const std::size_t wanted = std::min(provers_ + to_prove_.size() - before, most_provers);
    for (; provers_ < wanted; ++provers_) {
      tasks_.spawn(runtime::keep_alive(prove_in_turn(), shared_from_this()));
    }
  }
}

boost::asio::awaitable<void> consul_session::prove_in_turn() {
  const prover mine(*this);
  while (!to_prove_.empty()) {
    std::shared_ptr<proof_batch> next = std::move(to_prove_.front());
    to_prove_.pop_front();
    co_await prove_batch(std::move(next));
  }
}

void consul_session::put_off(const proof_batch& batch, time_point until, const error_code& why) {
  for (const auto& r : batch.participants) r->proof_put_off(until, why);
  proof_due(until);
}

boost::asio::awaitable<void> consul_session::prove_batch(std::shared_ptr<proof_batch> batch) {
  std::vector<consul::txn_op> ops;
  ops.reserve(batch->participants.size());
  duration timeout = kind_.span;
  for (std::size_t i = 0; i < batch->participants.size(); ++i) {
    ops.push_back(consul::txn_op::check_index(batch->participants[i]->key(), batch->guards[i]));
    timeout = std::min(timeout, batch->participants[i]->proof_timeout());
  }
  const time_point asked = batch->asked;
  if (env_->timers->now() >= asked + timeout) {
    put_off(*batch, env_->timers->now(), consul_errc::timed_out);
    co_return;
  }
  const consul::txn_result answer = co_await client_.prove(std::move(ops), asked + timeout);
  const time_point now = env_->timers->now();
  if (answer.error && answer.failures.empty()) {
    // Only a failure that came at once needs a pause: after a time-out there is no time to lose.
    const duration pause = now - asked < timeout / 2 ? timeout / 4 : duration{0};
    put_off(*batch, now + pause / 2 + env_->random->jitter(pause), answer.error);
    co_return;
  }
  std::vector<bool> missed(batch->participants.size(), false);
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.op_index < missed.size()) missed[failure.op_index] = true;
  }
  for (std::size_t i = 0; i < batch->participants.size(); ++i) {
    participant& r = *batch->participants[i];
    if (answer.committed) {
      const bool late = bug_enabled(core::seeded_bug::lease_from_reply);
      r.proof_done(batch->guards[i], late ? answer.received_at : answer.sent_at);
    } else if (missed[i] && answer.error) {
      r.proof_put_off(now + timeout / 4, answer.error);  // that key is forbidden
    } else if (missed[i]) {
      r.proof_missed(batch->guards[i]);
    } else {
      // Nothing was said against it, and nothing for it: ask again without the others.
      r.proof_put_off(now, error_code{});
    }
    proof_due(r.proof_due());
  }
}

bool consul_session::in_use() const noexcept {
  return std::any_of(users_.begin(), users_.end(), [](const participant* r) { return r->working(); });
}

boost::asio::awaitable<void> consul_session::destroy(bool leave_to_expire) {
  to_prove_.clear();
  const time_point give_up = env_->timers->now() + client_.config().request_timeout;
  if (!id_.empty() && !leave_to_expire) {
    const consul::ack answer = co_await client_.destroy_session(id_);
    if (answer.error) {
      env_->log->log(log_level::warn, "the session could not be destroyed and will expire",
                          {{"session", id_}, {"why", answer.detail}});
    }
    id_.clear();
  }
  if (check_ && !leave_to_expire) pending_deregistrations_.push_back(std::exchange(check_, nullptr));
  const auto pending = std::exchange(pending_deregistrations_, {});
  for (const auto& check : pending) co_await check->end(give_up);
}

}  // namespace tenure::impl
