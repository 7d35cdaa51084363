// The life of a candidate for a slot: its session, its contender key, and one attempt after
// another.
#include "election/semaphore/slot_candidate.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "core/util/invariant.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

}  // namespace

slot_candidate::slot_candidate(std::shared_ptr<context> shared, std::string prefix,
                               std::size_t slots, candidacy how)
    : term_host(*shared->env),
      shared_(std::move(shared)),
      keys_(std::move(prefix)),
      limit_(slots),
      how_(std::move(how)),
      rules_(how_.span(), how_.stop_budget()),
      slots_(slots, how_.span()),
      lease_(rules_),
      counted_(shared_->env->metrics, metric::slots_held),
      watch_(shared_->env, shared_->client, shared_->connections->polls,
             {.wait = shared_->options.wait()}, keys_.below(), *this),
      tasks_(shared_->env->executor, *shared_->env->timers, log_failures(shared_->env->log)),
      value_(how_.value()) {
  watch_.pause();
  // What one candidate of a process sees, all of them know.
  const auto other = shared_->slot_candidates.find(keys_.prefix());
  if (other != shared_->slot_candidates.end()) {
    slots_.learn(other->second->slots_);
    good_ = other->second->good_;
  }
  shared_->slot_candidates.emplace(keys_.prefix(), this);
}

slot_candidate::~slot_candidate() {
  const auto [first, last] = shared_->slot_candidates.equal_range(prefix());
  shared_->slot_candidates.erase(std::find_if(first, last, [this](const auto& one) {
    return one.second == this;
  }));
  if (session_) session_->detach(*this);
}

void slot_candidate::log(log_level level, std::string_view event) {
  const auto& sink = shared_->env->log;
  if (!sink->enabled(level)) return;
  std::vector<log_field> fields = {{"semaphore", prefix()}};
  if (term_) fields.emplace_back("fence", term_->fence);
  fields.emplace_back("session", session_id_);
  if (term_) {
    const end_reason why = lease_.reason();
    if (why != end_reason::none) fields.emplace_back("reason", to_string(why));
    fields.emplace_back("work", lease_.working() ? "running" : "stopped");
  }
  sink->log(level, event, fields);
}

void slot_candidate::broken(const char* what, const std::source_location& where) const noexcept {
  core::invariant_failed(what, describe(), where);
}

std::string slot_candidate::describe() const {
  std::string text = "semaphore " + prefix() + ", " + std::string(to_string(standing()));
  if (lease_.working()) text += ", working";
  if (enrolled_) text += ", enrolled";
  if (key_remains_) text += ", perhaps with a contender key";
  if (named_) text += ", perhaps named";
  text += ", session " + session_id_ + ", .lock at index " + std::to_string(lock_modified_) +
          ", " + std::to_string(slots_.last().holders.size()) + " holders seen at index ";
  return text + std::to_string(slots_.last().lock_modified);
}

tenure::standing slot_candidate::standing() const noexcept {
  if (lease_.stage() == core::stage::leading) return tenure::standing::leading;
  if (lease_.working()) return tenure::standing::stopping;
  return wanted_ ? tenure::standing::candidate : tenure::standing::watching;
}

void slot_candidate::note(const consul::answer_base& answer) {
  if (answer.error) {
    error_.note(answer);
  } else {
    error_.clear();
  }
  changed_.notify_all();
}

asio::awaitable<consul::txn_result> slot_candidate::write_once(std::vector<consul::txn_op> ops) {
  const time_point deadline = shared_->client.deadline();
  consul::txn_result answer = co_await shared_->client.write(std::move(ops), deadline);
  note(answer);
  co_return answer;
}

// -- the whole of it -----------------------------------------------------------------------------

asio::awaitable<void> slot_candidate::run() {
  std::exception_ptr thrown;
  try {
    co_await live();
  } catch (...) {
    thrown = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks_.cancel();
  co_await tasks_.join();
  co_await end_session();
  finished_ = true;
  changed_.notify_all();
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> slot_candidate::live() {
  tasks_.spawn(runtime::keep_alive(watch_.run(), shared_from_this()));
  while (!left_) {
    if (wanted_) {
      co_await attempt();
    } else {
      co_await rest();
    }
  }
}

// From wanting a slot to having let it go, or to not wanting one any more.
asio::awaitable<void> slot_candidate::attempt() {
  if (!session_) start_session();
  while (session_->id().empty() && wants()) co_await changed_.wait();
  if (!session_alive() && wants()) {
    set_enrolled(false);
    key_remains_ = false;
    looks_dead_ = false;
    session_id_ = session_->id();
  }
  if (session_alive() && looks_dead_) co_await replace_session();
  if (session_alive() && !enrolled_ && wants()) co_await enroll();
  bool took = false;
  if (session_alive() && enrolled_) {
    const bool taken = co_await take_slot();
    took = taken;
  }
  if (took) co_await serve();
  if (took || !wants()) co_await let_go();
  if (!term_) co_return;
  must(!lease_.working() && over(term_), "an attempt ends after its term, and after the work");
  term_.reset();
  lease_.clear();
  changed_.notify_all();
}

/// Without a wish for a slot. After a span the session ends: if it were renewed for ever, a
/// restored snapshot in which it has a slot would take that slot from all others.
asio::awaitable<void> slot_candidate::rest() {
  const time_point until = session_ ? now() + how_.span() : time_point::max();
  while (!wanted_ && !left_ && now() < until) co_await changed_.wait(until);
  if (!wanted_ && !left_) co_await end_session();
}

asio::awaitable<void> slot_candidate::pause(core::backoff& failures) {
  const time_point until = now() + failures.next(shared_->env->random->next());
  while (now() < until && !left_) co_await changed_.wait(until);
}

// -- the session ---------------------------------------------------------------------------------

void slot_candidate::start_session() {
  session_kind kind(how_);
  kind.behavior = session_behavior::remove;  // the contender key goes with the session
  kind.lock_delay = duration{0};             // no other session ever locks that key
  session_tasks_ = std::make_unique<runtime::task_scope>(
      shared_->env->executor, *shared_->env->timers, log_failures(shared_->env->log));
  auto spawn = [weak = weak_from_this()](asio::awaitable<void> task) {
    if (const auto self = weak.lock()) {
      self->session_tasks_->spawn(runtime::keep_alive(std::move(task), self));
    }
  };
  session_ = std::make_shared<consul_session>(shared_->env, shared_->client, std::move(spawn),
                                              shared_->sessions.plan_for(kind));
  session_->attach(*this);
  session_tasks_->spawn(runtime::keep_alive(session_->run(), session_, shared_from_this()));
}

// Work that still runs keeps its session, to expire.
asio::awaitable<void> slot_candidate::end_session() {
  if (!session_) co_return;
  // A session that is being created would be left behind: its id is not known yet.
  const time_point give_up = shared_->client.deadline();
  while (session_->creating() && now() < give_up) co_await changed_.wait(give_up);
  session_tasks_->cancel();
  co_await session_tasks_->join();
  const auto how = session_->in_use() ? consul_session::ending::leave_to_expire
                                      : consul_session::ending::destroy;
  co_await session_->end(how);
  session_->detach(*this);
  session_.reset();
}

/// A session that could not be destroyed expires.
asio::awaitable<void> slot_candidate::replace_session() {
  co_await let_go();
  const std::string id = session_id_;
  const consul::ack answer = co_await shared_->client.destroy_session(id);
  note(answer);
  session_->replace(id);
}

void slot_candidate::session_ready(const std::string&) {
  error_.clear();
  changed_.notify_all();
}

void slot_candidate::session_lost(const std::string& id) {
  if (id != session_id_) return;
  set_enrolled(false);
  key_remains_ = false;
  lose(end_reason::session_lost);
}

void slot_candidate::session_failed(const consul::answer_base& failed) {
  error_.note(failed);
  changed_.notify_all();
}

asio::awaitable<void> slot_candidate::enroll() {
  core::backoff failures(50ms, 2s);
  while (wants() && session_alive() && !enrolled_) {
    const std::string id = session_id_;
    std::vector<consul::txn_op> ops;
    ops.push_back(keys_.enroll(id, value_));
    const consul::txn_result answer = co_await write_once(std::move(ops));
    set_enrolled(answer.committed && session_alive());
    const bool may_exist = answer.committed || answer.error == consul_errc::outcome_unknown;
    if (may_exist && session_alive()) key_remains_ = true;
    if (answer.committed) break;
    const bool dead = !answer.failures.empty() &&
                      answer.failures.front().kind == consul::txn_failure::invalid_session;
    if (dead) session_->report_lost(id);
    co_await pause(failures);
  }
}

}  // namespace tenure::impl
