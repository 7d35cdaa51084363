// What the holder of a term asks for: to wait, to resign, to proclaim, to write as the leader.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "core/util/backoff.hpp"
#include "core/testing/seeded_bug.hpp"
#include "election/errors.hpp"
#include "election/term/guarded_writes.hpp"
#include "election/participant/participant.hpp"
#include "election/sessions/consul_session.hpp"
#include "election/participant/observations.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration look_again_after = 50ms;
// A lock-delay in force refuses a proclaim as well, for as long as it lasts.
constexpr duration most_pause = 2s;

}  // namespace

asio::awaitable<void> participant::wait_stop(std::shared_ptr<term_state> which) {
  while (!which->stop_told && which->reason == end_reason::none) co_await changed_.wait();
}

asio::awaitable<end_reason> participant::wait_end(std::shared_ptr<term_state> which) {
  while (which->reason == end_reason::none) co_await changed_.wait();
  co_return which->reason.load();
}

// A proof that is already on its way may have been sent before; the next one follows it at once.
asio::awaitable<bool> participant::prove(std::shared_ptr<term_state> which) {
  const auto over = [&] { return term_ != which || which->reason != end_reason::none; };
  const time_point asked = env().timers->now();
  if (!over()) fsm_.want_proof(asked);
  if (session_ && fsm_.provable()) session_->proofs->due(proof_due());
  while (!over() && fsm_.proven_at() < asked) co_await changed_.wait();
  co_return !over();
}

// -- resigning -----------------------------------------------------------------------------------

asio::awaitable<void> participant::wait_released(std::shared_ptr<term_state> which) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (term_ == which && fsm_.working()) {
    fsm_.work_stopped(env().timers->now());
    advance();
  }
  const time_point give_up = shared().now() + shared().request_timeout();
  bool waiting = true;
  while (waiting) {
    const bool over = which->reason != end_reason::none;
    const bool let_go = fsm_.fence() != which->fence;
    waiting = !(over && let_go) && env().timers->now() < give_up;
    if (waiting) co_await changed_.wait(give_up);
  }
}

asio::awaitable<end_reason> participant::resign(std::shared_ptr<term_state> which) {
  auto released = wait_released(which);
  co_await asio::co_spawn(env().executor, std::move(released), asio::use_awaitable);
  co_return which->reason.load();
}

// -- proclaiming and writing: one at a time, and never while a proof is out ----------------------

asio::awaitable<void> participant::own_turn(std::shared_ptr<term_state> which) {
  const auto over = [&] { return term_ != which || which->reason != end_reason::none; };
  while (!over() && (which->writing || fsm_.lease().proof_inflight())) co_await changed_.wait();
  if (over()) fail(errc::not_leading, "\"" + key() + "\"");
}

/// After a lost answer: whether the proclaim with that guard is known to have been carried out.
/// False: it has not (yet), or the key is not as we wrote it; the state machine was told.
asio::awaitable<bool> participant::proclaim_seen(std::uint64_t fence, std::uint64_t guard,
                                            std::string value) {
  const consul::kv_result answer =
      co_await shared().client.get(key(), consul::consistency::consistent);
  if (answer.error) {
    note_error(answer.error);
    co_await runtime::sleep_until(*env().timers, env().timers->now() + look_again_after);
    co_return false;
  }
  const core::key_observation seen = observation_of(answer, true);
  // A plain PUT of the same value would have set the LockIndex back.
  const bool ours = answer.entry && answer.entry->value == value && fsm_.fence() == fence &&
                    seen.session == fsm_.held_by() && seen.lock_index == fsm_.lock_index() &&
                    seen.modify_index >= guard;
  invalidate();
  if (ours) {
    fsm_.proclaimed(fence, seen, env().timers->now());
  } else {
    if (seen.modify_index != guard) fsm_.proclaiming(fence, false);
    fsm_.observe(seen, env().timers->now());
    note_seen(answer);
  }
  advance();
  co_return ours;
}

// The proclaim itself is not given up half-way; whoever asked for it need not wait longer than the
// term lasts.
asio::awaitable<void> participant::proclaim(std::shared_ptr<term_state> which, std::string value) {
  const auto result = std::make_shared<proclaim_result>();
  auto proclaiming = proclaim_and_tell(which, std::move(value), result);
  shared().tasks.spawn(runtime::keep_alive(std::move(proclaiming), self()));
  while (!result->done && which->reason == end_reason::none) co_await changed_.wait();
  if (!result->done) fail(errc::not_leading, "\"" + key() + "\"");
  if (result->thrown) std::rethrow_exception(result->thrown);
}

asio::awaitable<void> participant::proclaim_and_tell(std::shared_ptr<term_state> which,
                                                std::string value,
                                                std::shared_ptr<proclaim_result> result) {
  try {
    co_await proclaim_now(which, std::move(value));
  } catch (...) {
    result->thrown = std::current_exception();
  }
  result->done = true;
  changed_.notify_all();
}

asio::awaitable<void> participant::proclaim_now(std::shared_ptr<term_state> which, std::string value) {
  if (value.empty() || value.size() > candidacy::most_value) {
    fail(errc::bad_argument, "a value to proclaim has 1 to 384000 bytes, not " +
                                 std::to_string(value.size()));
  }
  co_await own_turn(which);
  const writing_turn mine(which, changed_);
  const auto over = [&] { return term_ != which || which->reason != end_reason::none; };
  // Where it may be carried out at any moment, what it reads meanwhile is the term's proof: not too
  // seldom for that. Where it was refused, by a lock-delay, proofs go on beside it.
  core::backoff pauses(look_again_after, std::min<duration>(most_pause, how().span() / 6));
  core::backoff delays(look_again_after, most_pause);
  bool done = false;
  while (!done) {
    while (fsm_.lease().proof_inflight() && !over()) co_await changed_.wait();
    if (over()) fail(errc::not_leading, "\"" + key() + "\"");
    const std::uint64_t guard = fsm_.guard();
    std::vector<consul::txn_op> ops;
    if (!bug_enabled(core::seeded_bug::unguarded_proclaim)) {
      ops.push_back(consul::txn_op::check_index(key(), guard));
    }
    ops.push_back(consul::txn_op::lock(key(), which->session.text(), value, consul::lock_flags));
    fsm_.proclaiming(which->fence, true);
    const time_point deadline = env().timers->now() + shared().request_timeout();
    const consul::txn_result answer = co_await shared().client.write(std::move(ops), deadline);
    const time_point now = env().timers->now();
    if (answer.committed) {
      invalidate();
      fsm_.proclaimed(
          which->fence,
          observation_of_write(answer.results.back(), answer, which->session.text(), false), now);
      done = true;
    } else if (answer.error == error_kind::fatal) {
      fsm_.proclaiming(which->fence, false);
      fail(answer.error, answer.detail);
    } else {
      // Refused, failed or lost: what the key says now decides. The same guarded write again does
      // no harm.
      const bool seen = co_await proclaim_seen(which->fence, guard, value);
      done = seen;
      const bool refused = !answer.failures.empty();
      if (refused) fsm_.proclaiming(which->fence, false);
      advance();
      core::backoff& pause = refused ? delays : pauses;
      const time_point again =
          env().timers->now() + pause.next(env().random->next());
      while (!done && !over() && env().timers->now() < again) co_await changed_.wait(again);
    }
    fsm_.proclaiming(which->fence, false);
    advance();
  }
}

asio::awaitable<void> participant::write(std::shared_ptr<term_state> which, leader_writes writes) {
  if (writes.entries().empty() || writes.entries().size() > most_writes) {
    fail(errc::bad_argument, "a leader's transaction has 1 to 60 writes, not " +
                                 std::to_string(writes.entries().size()));
  }
  std::vector<consul::txn_op> ops;
  for (const leader_writes::entry& e : writes.entries()) {
    if (covers(e, key())) {
      fail(errc::bad_argument,
           "\"" + e.key + "\" is or covers the election's own key: use proclaim");
    }
    ops.push_back(operation(e));
  }
  co_await own_turn(which);
  const writing_turn mine(which, changed_);
  const std::uint64_t guard = fsm_.guard();
  // The session alone is not enough: it may have lost the key and won it again.
  std::vector<consul::txn_op> guarded;
  guarded.push_back(consul::txn_op::check_session(key(), which->session.text()));
  if (!bug_enabled(core::seeded_bug::session_guards_write)) {
    guarded.push_back(consul::txn_op::check_index(key(), guard));
  }
  for (consul::txn_op& op : ops) guarded.push_back(std::move(op));
  const time_point deadline = env().timers->now() + shared().request_timeout();
  const consul::txn_result answer = co_await shared().client.write(std::move(guarded), deadline);
  const time_point now = env().timers->now();
  if (answer.committed) {
    fsm_.proved(guard, answer.sent_at, now);
    advance();
    co_return;
  }
  const bool unknown = answer.error == consul_errc::outcome_unknown &&
                       !bug_enabled(core::seeded_bug::lost_reply_is_failure);
  if (unknown) fail(errc::outcome_unknown, answer.detail);
  if (answer.error) fail(answer.error, answer.detail);
  const bool not_ours =
      std::any_of(answer.failures.begin(), answer.failures.end(),
                  [](const consul::txn_error& f) { return f.op_index < 2; });
  if (!not_ours) {
    fail(errc::refused, answer.failures.empty() ? answer.detail : answer.failures.front().what);
  }
  fsm_.proof_failed(guard, now);
  advance();
  fail(errc::not_leading, "\"" + key() + "\"");
}

}  // namespace tenure::impl
