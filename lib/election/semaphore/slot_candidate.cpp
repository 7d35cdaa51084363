// The life of a contender up to the moment at which it has a slot.
#include "election/semaphore/slot_candidate.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "consul/documents.hpp"
#include "election/engine.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Answers that come faster than this cost a pause: everybody's coming and going wakes everybody.
constexpr duration storm_pause = 20ms;

consul::txn_op with_index(std::string key, std::string text, std::uint64_t index) {
  // Index 0: only where there is no such key.
  return consul::txn_op::cas(std::move(key), std::move(text), index, consul::semaphore_flags);
}

}  // namespace

semaphore_reading read_semaphore(const std::string& prefix,
                               const std::vector<consul::kv_entry>& entries) {
  semaphore_reading seen;
  const std::string lock_key = prefix + "/.lock";
  for (const consul::kv_entry& entry : entries) {
    if (entry.key == lock_key) {
      seen.lock_index = entry.modify_index;
      auto lock = consul::parse_semaphore(entry.value);
      seen.good = lock && entry.flags == consul::semaphore_flags;
      if (!seen.good) continue;
      seen.limit = lock->limit;
      seen.holders = std::move(lock->holders);
    } else if (!entry.session.empty()) {
      seen.contenders.insert(entry.session);
    }
  }
  return seen;
}

slot_candidate::slot_candidate(std::shared_ptr<const runtime::environment> env, consul::client& client,
                     poll_slots& slots_for_polls, std::string session_name, std::string prefix,
                     std::size_t slots, candidacy how)
    : env_(std::move(env)),
      client_(client),
      poll_slots_(slots_for_polls),
      session_name_(std::move(session_name)),
      prefix_(std::move(prefix)),
      limit_(slots),
      how_(std::move(how)),
      rules_(how_.span(), how_.stop_budget()),
      value_(how_.value()),
      slots_(slots, how_.span()),
      changed_(*env_->timers),
      tasks_(env_->executor, *env_->timers,
             [log = env_->log](std::exception_ptr) {
               log->log(log_level::error, "a task of a semaphore failed");
             }) {
  poll_slots_.joined();
}

slot_candidate::~slot_candidate() { poll_slots_.left(); }

void slot_candidate::log(log_level level, std::string_view what) {
  if (!env_->log->enabled(level)) return;
  env_->log->log(level, what, {{"semaphore", prefix_},
                                    {"fence", term_ ? term_->fence : std::uint64_t{0}},
                                    {"session", session_}});
}

std::size_t slot_candidate::occupied() const noexcept { return slots_.occupied(session_, now()); }

tenure::standing slot_candidate::standing() const noexcept {
  if (going_on()) return term_->stop_told ? standing::stopping : standing::leading;
  if (working_) return standing::stopping;
  return wanted_ ? standing::candidate : standing::watching;
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
  co_await farewell();
  finished_ = true;
  changed_.notify_all();
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> slot_candidate::live() {
  const auto self = shared_from_this();
  tasks_.spawn(runtime::keep_alive(renew(), self));
  tasks_.spawn(runtime::keep_alive(watch(), self));
  while (!left_) {
    if (wanted_) {
      co_await contend();
    } else {
      co_await changed_.wait();
    }
  }
}

// The contender key goes with the session. Work that still runs keeps its session, to expire.
asio::awaitable<void> slot_candidate::farewell() {
  if (!session_alive_ || working_) co_return;
  const consul::ack answer = co_await client_.destroy_session(session_);
  if (answer.error) log(log_level::warn, "the session could not be destroyed and will expire");
  session_alive_ = false;
}

// From wanting a slot to having let it go, or to not wanting one any more.
asio::awaitable<void> slot_candidate::contend() {
  bool took = false;
  if (!session_alive_) co_await open_session();
  if (session_alive_ && !enrolled_ && wants()) co_await enroll();
  if (session_alive_ && enrolled_) {
    const bool taken = co_await take_slot();
    took = taken;
  }
  if (took) co_await serve();
  if (took || !wants()) co_await let_go(true);
  if (term_) {
    term_.reset();
    changed_.notify_all();
  }
}

asio::awaitable<void> slot_candidate::pause(core::backoff& failures) {
  const time_point until = now() + failures.next(env_->random->next());
  while (now() < until && !left_) co_await changed_.wait(until);
}

// -- the session ---------------------------------------------------------------------------------

asio::awaitable<void> slot_candidate::open_session() {
  core::backoff failures(100ms, 2s);
  while (wants() && !session_alive_) {
    consul::session_request request;
    const auto span_ms = std::chrono::ceil<std::chrono::milliseconds>(how_.span()).count();
    request.name = session_name_ + " span=" + std::to_string(span_ms) + "ms";
    request.ttl = how_.ttl();
    request.behavior = consul::behavior::remove;  // of the contender key
    const time_point sent = now();
    const consul::session_created created = co_await client_.create_session(std::move(request));
    last_error_ = created.error;
    changed_.notify_all();
    if (created.error) {
      env_->log->log(log_level::warn, "no session", {{"why", created.detail}});
      co_await pause(failures);
    } else {
      session_ = created.id;
      session_alive_ = true;
      renew_at_ = sent + how_.ttl() / 3;
    }
  }
}

asio::awaitable<void> slot_candidate::renew() {
  core::backoff failures(100ms, how_.ttl() / 3);
  for (;;) {
    const time_point due = session_alive_ ? renew_at_ : time_point::max();
    if (now() < due) {
      co_await changed_.wait(due);
      continue;
    }
    const std::string id = session_;
    const time_point sent = now();
    const consul::session_renewed renewed =
        co_await client_.renew_session(id, sent + how_.ttl() / 3);
    if (renewed.error) {
      last_error_ = renewed.error;
      renew_at_ = now() + failures.next(env_->random->next());
    } else if (!renewed.alive) {
      session_gone(id);
    } else {
      failures.reset();
      renew_at_ = sent + how_.ttl() / 3;
    }
  }
}

void slot_candidate::session_gone(const std::string& id) {
  if (id != session_ || !session_alive_) return;
  log(log_level::warn, "the session is lost");
  session_alive_ = false;
  enrolled_ = false;
  renew_at_ = time_point::max();
  if (going_on()) end(end_reason::session_lost);
  changed_.notify_all();
}

asio::awaitable<void> slot_candidate::enroll() {
  core::backoff failures(50ms, 2s);
  while (wants() && session_alive_ && !enrolled_) {
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::lock(own_key(), session_, value_, consul::semaphore_flags));
    const consul::txn_result answer =
        co_await client_.write(std::move(ops), now() + client_.config().request_timeout);
    last_error_ = answer.error;
    enrolled_ = answer.committed;
    changed_.notify_all();
    if (answer.committed) break;
    const bool dead = !answer.failures.empty() &&
                      answer.failures.front().kind == consul::txn_failure::invalid_session;
    if (dead) session_gone(session_);
    co_await pause(failures);
  }
}

// -- looking -------------------------------------------------------------------------------------

asio::awaitable<consul::kv_list> slot_candidate::next_sight() {
  if (index_ == 0) {
    consul::kv_list first = co_await client_.list(prefix_ + "/", consul::consistency::default_);
    co_return first;
  }
  poll_slot mine(poll_slots_, *env_->timers);
  co_await mine.taken();
  consul::kv_list next = co_await client_.watch_below(prefix_ + "/", index_, poll_slots_.wait());
  co_return next;
}

asio::awaitable<void> slot_candidate::watch() {
  core::backoff failures(100ms, 5s);
  for (;;) {
    if (!enrolled_) {
      index_ = 0;
      co_await changed_.wait();
      continue;
    }
    const time_point asked = now();
    const consul::kv_list answer = co_await next_sight();
    if (answer.error) {
      last_error_ = answer.error;
      co_await runtime::sleep_until(*env_->timers,
                                    now() + failures.next(env_->random->next()));
      continue;
    }
    failures.reset();
    index_ = answer.index < index_ ? 0 : std::max<std::uint64_t>(answer.index, 1);
    observe(read_semaphore(prefix_, answer.entries));
    if (now() - asked < storm_pause) {
      co_await runtime::sleep_until(*env_->timers, now() + storm_pause);
    }
  }
}

asio::awaitable<bool> slot_candidate::look() {
  const consul::kv_list answer =
      co_await client_.list(prefix_ + "/", consul::consistency::consistent);
  last_error_ = answer.error;
  changed_.notify_all();
  if (answer.error) co_return false;
  observe(read_semaphore(prefix_, answer.entries));
  look_again_ = false;
  co_return true;
}

void slot_candidate::observe(const semaphore_reading& seen) {
  slots_.observe(seen, now());
  good_ = seen.good;
  for (const std::string& holder : seen.holders) {
    const bool lives = seen.contenders.contains(holder);
    if (holder == session_ || !lives || !asked_.insert(holder).second) continue;
    tasks_.spawn(runtime::keep_alive(learn_span(holder), shared_from_this()));
  }
  std::erase_if(asked_, [&](const std::string& s) { return !seen.holders.contains(s); });
  // No proof of anything, but a reason to ask for one.
  const bool ours = seen.holders.contains(session_) && seen.contenders.contains(session_);
  if (going_on() && !ours) term_->proof_wanted = std::max(term_->proof_wanted, now());
  changed_.notify_all();
}

asio::awaitable<void> slot_candidate::learn_span(std::string session) {
  const consul::session_found answer =
      co_await client_.session_info(session, consul::consistency::default_);
  if (answer.error || !answer.session) {
    asked_.erase(session);
  } else if (const duration span = span_in_name(answer.session->name); span > duration{0}) {
    slots_.holders_span(session, span);
    changed_.notify_all();
  }
}

// -- taking a slot -------------------------------------------------------------------------------

asio::awaitable<bool> slot_candidate::take_slot() {
  core::backoff failures(20ms, 1s);
  while (wants() && session_alive_ && enrolled_) {
    if (look_again_) {
      const bool seen = co_await look();
      if (!seen) co_await pause(failures);
      if (!seen) continue;
    }
    if (!good_ || slots_.limit_conflict()) {
      refusal_ = errc::bad_argument;
      refusal_text_ = good_ ? std::to_string(limit_) + " slots, and the holders of \"" + prefix_ +
                                  "\" keep to " + std::to_string(slots_.last().limit)
                            : "\"" + lock_key() + "\" is no semaphore's";
      look_again_ = true;
      changed_.notify_all();
      while (refusal_ && wants()) co_await changed_.wait();
    } else if (slots_.last().holders.contains(session_)) {
      // A claim was carried out whose answer was lost: its fence is not known.
      named_ = true;
      co_await let_go(false);
      look_again_ = true;
    } else if (!slots_.free(session_, now())) {
      co_await changed_.wait(slots_.next_free(session_, now()));
    } else {
      const bool won = co_await claim();
      if (won) co_return true;
      look_again_ = true;
      co_await pause(failures);
    }
  }
  co_return false;
}

asio::awaitable<bool> slot_candidate::claim() {
  consul::semaphore_document lock;
  lock.limit = limit_;
  lock.holders = slots_.holders_with(session_, now());
  std::vector<consul::txn_op> ops;
  ops.push_back(consul::txn_op::check_session(own_key(), session_));
  ops.push_back(with_index(lock_key(), consul::semaphore_text(lock), slots_.last().lock_index));
  named_ = true;
  const consul::txn_result answer =
      co_await client_.write(std::move(ops), now() + client_.config().request_timeout);
  if (answer.error) {
    last_error_ = answer.error;
    changed_.notify_all();
    co_return false;
  }
  named_ = answer.committed;
  const bool no_key = !answer.failures.empty() && answer.failures.front().op_index == 0;
  if (no_key) {
    // Somebody deleted the contender key, or the session died.
    enrolled_ = false;
    renew_at_ = now();
    changed_.notify_all();
  }
  if (!answer.committed || !wants()) co_return false;
  lock_index_ = answer.results.back().modify_index;
  begin(lock_index_, answer.sent_at);
  co_return true;
}

}  // namespace tenure::impl
