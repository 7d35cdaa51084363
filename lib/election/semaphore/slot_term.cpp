// A slot that is held: its deadlines, its proofs, and the writes of its holder.
#include <algorithm>
#include <utility>
#include <vector>

#include "consul/documents.hpp"
#include "core/testing/seeded_bug.hpp"
#include "election/errors.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "election/term/guarded_writes.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Why the slot is lost by the answer to a proof; nothing if the answer confirms it.
std::optional<end_reason> loss_shown_by(const consul::txn_result& answer,
                                        const std::string& session) {
  if (!answer.committed) {
    return answer.failures.front().op_index == 0 ? end_reason::key_missing
                                                 : end_reason::session_lost;
  }
  const auto lock = consul::parse_semaphore(answer.results.front().value);
  if (!lock) return end_reason::overwritten;
  if (!lock->holders.contains(session)) return end_reason::key_taken;
  return std::nullopt;
}

}  // namespace

// -- driving the lease ---------------------------------------------------------------------------

asio::awaitable<void> slot_candidate::serve() {
  must(term_ != nullptr && lease_.consistent(), "a slot that is held has a term and a lease");
  while (lease_.working()) {
    advance();
    if (lease_.working()) co_await changed_.wait(std::min(lease_.deadline(), lease_.proof_due()));
  }
}

/// Publishes the lease, gives the notices that are due, and sends a proof if one is due. It wakes
/// waiters for a notice only: serve() calls it whenever it is woken itself.
void slot_candidate::advance() {
  if (!term_) return;
  lease_.check(now());
  must(lease_.consistent(), "the stage of the lease fits what has happened");
  if (!over(term_)) publish_lease();
  core::notice due = lease_.next_notice();
  while (due != core::notice::none) {
    if (due == core::notice::stop) {
      stop_work();
    } else {
      end_term();
      counted_.set(0);
    }
    changed_.notify_all();
    due = lease_.next_notice();
  }
  if (now() >= lease_.proof_due()) {
    lease_.proof_begun();
    tasks_.spawn(runtime::keep_alive(prove_once(term_), shared_from_this()));
  }
}

void slot_candidate::work_stopped() {
  lease_.work_stopped(now());
  advance();
  changed_.notify_all();
}

void slot_candidate::want_proof(time_point at) {
  lease_.want_proof(at);
  changed_.notify_all();
}

void slot_candidate::lose(end_reason how) {
  const core::stage stage = lease_.stage();
  if (stage == core::stage::leading || stage == core::stage::stopping) {
    lease_.lose(how, core::loss_cause::final, now());
    advance();
  }
  changed_.notify_all();
}

// -- proofs --------------------------------------------------------------------------------------

asio::awaitable<void> slot_candidate::prove_once(std::shared_ptr<term_state> which) {
  const std::string session = which->session.text();
  std::vector<consul::txn_op> ops;
  ops.push_back(consul::txn_op::get(keys_.lock()));
  ops.push_back(keys_.check_contender(session));
  const time_point asked = now();
  const duration timeout = rules_.proof_timeout();
  runtime::count(*shared_->env, metric::proofs_sent);
  const consul::txn_result answer =
      co_await shared_->client.prove(std::move(ops), asked + timeout);
  note(answer);
  time_point not_before = time_point::min();
  if (!answer.error) runtime::record(*shared_->env, metric::proof_seconds, now() - asked);
  if (answer.error) {
    runtime::count(*shared_->env, metric::proofs_failed_error);
    // Only a failure that came at once needs a pause.
    const duration rest = now() - asked < timeout / 2 ? timeout / 4 : duration{0};
    not_before = now() + rest / 2 + shared_->env->random->jitter(rest);
  }
  lease_.proof_ended(not_before);
  changed_.notify_all();
  if (answer.error) co_return;
  const std::optional<end_reason> lost = loss_shown_by(answer, session);
  runtime::count(*shared_->env, lost ? metric::proofs_failed_changed : metric::proofs_confirmed);
  if (!over(which)) take_proof(answer, lost);
}

void slot_candidate::take_proof(const consul::txn_result& answer, std::optional<end_reason> lost) {
  const time_point since = bug_enabled(core::seeded_bug::slot_lease_from_reply)
                               ? answer.received_at
                               : answer.sent_at;
  if (!lost) {
    ++proofs_;
    return proved(since, answer.results.front().modify_index);
  }
  if (lost == end_reason::session_lost) contender_key_gone();
  if (lost == end_reason::key_missing) session_->check_now();
  lose(*lost);
}

void slot_candidate::proved(time_point sent_at, std::uint64_t lock_modified) {
  must(sent_at <= now(), "an answer comes after its request");
  lease_.check(now());
  lease_.proved(sent_at);
  slots_.lock_was_at(lock_modified);
  lock_modified_ = lock_modified;  // lower than before, if a snapshot was restored
  advance();
  changed_.notify_all();
}

// -- the holder's writes -------------------------------------------------------------------------

// A slot candidate publishes the value of its contender key.
asio::awaitable<void> slot_candidate::proclaim_now(std::shared_ptr<term_state> which,
                                                   std::string value) {
  value_ = value;
  core::backoff failures(50ms, 1s);
  bool done = false;
  while (!done) {
    const std::string session = which->session.text();
    request_turns::turn turn = co_await connection_for(which, time_point::max());
    std::vector<consul::txn_op> ops;
    ops.push_back(keys_.check_contender(session));
    ops.push_back(keys_.enroll(session, value));
    const consul::txn_result answer = co_await write_once(std::move(ops));
    turn.give_back();
    done = answer.committed;
    if (answer.error == error_kind::fatal) fail(answer.error, answer.detail);
    if (!done && !answer.error) want_proof(now());
    const time_point again = now() + failures.next(shared_->env->random->next());
    while (!done && !over(which) && now() < again) co_await changed_.wait(again);
    if (!done) check_not_over(which);
  }
}

void slot_candidate::check_write(const leader_writes::entry& what) const {
  if (!covers(what, keys_.lock()) && !covers(what, keys_.contender(session_id_))) return;
  fail(errc::bad_argument, "\"" + what.key + "\" is or covers a key of the semaphore");
}

// `.lock` changes with every holder that comes or goes. A proof then shows its new index, and that
// it still names us.
asio::awaitable<void> slot_candidate::write_now(std::shared_ptr<term_state> which,
                                                leader_writes writes) {
  bool done = false;
  while (!done) {
    const time_point deadline = shared_->client.deadline();
    request_turns::turn turn = co_await connection_for(which, deadline);
    const std::uint64_t guard = lock_modified_;
    const std::uint64_t proofs = proofs_;
    std::vector<consul::txn_op> ops;
    ops.push_back(keys_.check_contender(which->session.text()));
    ops.push_back(consul::txn_op::check_index(keys_.lock(), guard));
    append(ops, writes);
    const consul::txn_result answer = co_await write_once(std::move(ops));
    turn.give_back();
    done = committed(answer);
    if (done && !over(which)) proved(answer.sent_at, guard);
    if (!done && !over(which)) want_proof(now());
    while (!done && !over(which) && proofs_ == proofs) co_await changed_.wait();
  }
}

}  // namespace tenure::impl
