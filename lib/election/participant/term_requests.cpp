// The guarded writes of an election's term: proclaim() and write().
#include <algorithm>
#include <utility>
#include <vector>

#include "core/util/backoff.hpp"
#include "core/testing/seeded_bug.hpp"
#include "election/context.hpp"
#include "election/errors.hpp"
#include "election/term/guarded_writes.hpp"
#include "election/participant/participant.hpp"
#include "election/participant/observations.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration look_again_after = 50ms;
// A lock-delay in force refuses a proclaim as well, for as long as it lasts.
constexpr duration most_pause = 2s;

}  // namespace

/// After a lost answer: whether Consul is known to have carried out the proclaim with that guard.
/// False: not (yet), or the key is not as we wrote it; the state machine has the observation then.
asio::awaitable<bool> participant::proclaim_seen(std::uint64_t fence, std::uint64_t guard,
                                            std::string value) {
  const consul::kv_result answer =
      co_await shared().client.get(key(), consul::consistency::consistent);
  if (answer.error) {
    error_.note(answer);
    co_await runtime::sleep_until(*env().timers, env().timers->now() + look_again_after);
    co_return false;
  }
  const core::key_observation seen = observation_of(answer);
  // A plain PUT of the same value would have reset the LockIndex.
  const bool ours = answer.entry && answer.entry->value == value && fsm_.fence() == fence &&
                    seen.session == fsm_.held_by() && seen.lock_index == fsm_.lock_index() &&
                    seen.modify_index >= guard;
  invalidate();
  if (ours) {
    fsm_.proclaimed(fence, seen, env().timers->now());
  } else {
    if (seen.modify_index != guard) fsm_.proclaim_ended(fence);
    const seen_holder before = holder();
    fsm_.observe(seen, env().timers->now());
    note_holder(before);
    note_seen(answer);
  }
  advance();
  shared().watches.share(key(), answer);
  co_return ours;
}

/// While a proclaim may be carried out there are no proofs, so it waits for its connection before
/// that. None begins while a proof is in flight.
asio::awaitable<request_turns::turn> participant::connection_between_proofs(
    std::shared_ptr<term_state> which) {
  for (;;) {
    while (fsm_.lease().proof_inflight() && !over(which)) co_await changed_.wait();
    check_not_over(which);
    request_turns::turn turn = co_await connection_for(which, time_point::max());
    if (!fsm_.lease().proof_inflight()) co_return std::move(turn);
  }
}

asio::awaitable<void> participant::proclaim_now(std::shared_ptr<term_state> which,
                                                std::string value) {
  // While a try may still be carried out no proofs are sent, and what is read instead proves the
  // term: so not too seldom. After a refusal, by a lock-delay, proofs go on beside it.
  core::backoff pauses(look_again_after, std::min<duration>(most_pause, how().span() / 6));
  core::backoff delays(look_again_after, most_pause);
  bool done = false;
  while (!done) {
    request_turns::turn turn = co_await connection_between_proofs(which);
    const std::uint64_t guard = fsm_.guard();
    std::vector<consul::txn_op> ops;
    if (!bug_enabled(core::seeded_bug::unguarded_proclaim)) {
      ops.push_back(consul::txn_op::check_index(key(), guard));
    }
    ops.push_back(consul::txn_op::lock(key(), which->session.text(), value, consul::lock_flags));
    fsm_.proclaim_begun(which->fence);
    const time_point deadline = shared().client.deadline();
    const consul::txn_result answer = co_await shared().client.write(std::move(ops), deadline);
    turn.give_back();
    const time_point now = env().timers->now();
    if (answer.committed) {
      invalidate();
      fsm_.proclaimed(
          which->fence,
          observation_of_write(answer.results.back(), answer, written_key{which->session}),
          now);
      done = true;
    } else if (answer.error == error_kind::fatal) {
      fsm_.proclaim_ended(which->fence);
      fail(answer.error, answer.detail);
    } else {
      // Refused, failed or lost: the present key decides. Repeating the guarded write does no harm.
      const bool seen = co_await proclaim_seen(which->fence, guard, value);
      done = seen;
      const bool refused = !answer.failures.empty();
      if (refused) fsm_.proclaim_ended(which->fence);
      advance();
      core::backoff& pause = refused ? delays : pauses;
      const time_point again =
          env().timers->now() + pause.next(env().random->next());
      while (!done && !over(which) && env().timers->now() < again) co_await changed_.wait(again);
    }
    fsm_.proclaim_ended(which->fence);
    advance();
  }
}

void participant::check_write(const leader_writes::entry& what) const {
  if (!covers(what, key())) return;
  fail(errc::bad_argument,
       "\"" + what.key + "\" is or covers the election's own key: use proclaim");
}

asio::awaitable<void> participant::write_now(std::shared_ptr<term_state> which,
                                             leader_writes writes) {
  const std::uint64_t guard = fsm_.guard();
  // The session alone is not enough: it may have lost the key and won it again.
  std::vector<consul::txn_op> ops;
  ops.push_back(consul::txn_op::check_session(key(), which->session.text()));
  if (!bug_enabled(core::seeded_bug::session_guards_write)) {
    ops.push_back(consul::txn_op::check_index(key(), guard));
  }
  append(ops, writes);
  const consul::txn_result answer = co_await shared().writes->write(std::move(ops));
  const time_point now = env().timers->now();
  const bool done = committed(answer);
  if (done) {
    fsm_.proved(guard, answer.sent_at, now);
  } else {
    fsm_.proof_failed(guard, now);
  }
  advance();
  if (!done) fail(errc::not_leading, "\"" + key() + "\"");
}

}  // namespace tenure::impl
