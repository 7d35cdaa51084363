// How a candidate takes a slot, and how it gives it back.
#include <algorithm>
#include <utility>
#include <vector>

#include "core/testing/seeded_bug.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

metric claim_counter(const consul::txn_result& answer) noexcept {
  if (answer.committed) return metric::claims_acquired;
  if (answer.error == consul_errc::outcome_unknown) return metric::claims_unknown;
  if (answer.error || answer.failures.empty()) return metric::claims_failed;
  // The first operation checks the contender key, which goes with its session.
  return answer.failures.front().op_index == 0 ? metric::claims_refused_session
                                               : metric::claims_refused_changed;
}

}  // namespace

asio::awaitable<bool> slot_candidate::take_slot() {
  core::backoff failures(20ms, 1s);
  while (wants() && session_alive() && enrolled_) {
    if (look_again_) {
      const bool seen = co_await look();
      if (!seen) co_await pause(failures);
      if (!seen) continue;
    }
    if (!good_ || slots_.limit_conflict()) {
      co_await wait_refused();
    } else if (slots_.last().holders.contains(session_id_)) {
      // A claim was carried out whose answer was lost or came too late for a term.
      named_ = true;
      runtime::count(*shared_->env, metric::claims_recovered);
      co_await let_go();
    } else if (!slots_.free(session_id_, now())) {
      co_await changed_.wait(slots_.next_free(session_id_, now()));
    } else {
      const bool won = co_await claim();
      if (won) co_return true;
      look_again_ = true;
      co_await pause(failures);
    }
  }
  co_return false;
}

/// The semaphore is not what this candidate takes it for: acquire() fails, and the next one looks
/// again.
asio::awaitable<void> slot_candidate::wait_refused() {
  refusal_ = errc::bad_argument;
  refusal_text_ = good_ ? std::to_string(limit_) + " slots, and the holders of \"" + prefix() +
                              "\" keep to " + std::to_string(slots_.last().limit)
                        : "\"" + keys_.lock() + "\" is no semaphore's";
  look_again_ = true;
  changed_.notify_all();
  while (refusal_ && wants()) co_await changed_.wait();
}

asio::awaitable<bool> slot_candidate::claim() {
  must(!lease_.working(), "a slot is claimed by a contender without one");
  std::set<std::string> holders = slots_.holders_with(session_id_, now());
  must(holders.size() <= limit_, "no claim names more holders than there are slots");
  must(holders.contains(session_id_), "a claim names its own session");
  std::vector<consul::txn_op> ops;
  ops.push_back(keys_.check_contender(session_id_));
  ops.push_back(keys_.name_holders(limit_, std::move(holders), slots_.last().lock_modified));
  named_ = true;
  // The watch may show this claim before its answer arrives, and what others wrote since.
  const std::uint64_t highest = slots_.highest();
  runtime::count(*shared_->env, metric::claims);
  const consul::txn_result answer = co_await write_once(std::move(ops));
  runtime::count(*shared_->env, claim_counter(answer));
  const bool trusted = bug_enabled(core::seeded_bug::slot_lost_reply_is_won) &&
                       answer.error == consul_errc::outcome_unknown;
  if (answer.error && !trusted) co_return false;
  runtime::record(*shared_->env, metric::claim_seconds, answer.received_at - answer.sent_at);
  named_ = answer.committed || trusted;
  const bool no_key = !answer.failures.empty() && answer.failures.front().op_index == 0;
  if (no_key) contender_key_gone();  // or the session died
  if (!named_ || !wants() || !session_alive()) co_return false;
  const std::uint64_t fence =
      trusted ? slots_.last().lock_modified + 1 : answer.results.back().modify_index;
  if (fence <= highest) {
    co_await wait_for_indexes();
    co_return false;
  }
  // A claim that reaches Consul late may find no `.lock` again, or one that was restored with
  // the index that the claim requires. Another contender may have had a slot in between.
  if (!slots_.free(session_id_, now()) && !bug_enabled(core::seeded_bug::slot_of_late_claim)) {
    log(log_level::info, "slot claimed too late");
    co_await let_go();
    co_return false;
  }
  lease_.lock_won(answer.sent_at);
  const time_point begins = now();
  if (!lease_.may_begin(begins)) {
    lease_.clear();
    co_return false;
  }
  lock_modified_ = fence;
  slots_.lock_was_at(fence);
  lease_.begin();
  must(begins < lease_.stop_at(), "a term begins within its lease");
  begin_term(key_name(keys_.lock()), session_id_, lock_modified_);
  counted_.set(1);
  log(log_level::info, "slot acquired");
  changed_.notify_all();
  co_return true;
}

// The fence of a slot exceeds all that this candidate has seen of `.lock`, as that of an election
// does. So the slot goes back.
asio::awaitable<void> slot_candidate::wait_for_indexes() {
  log(log_level::error,
      "Consul's indexes went back (a new data directory?): this process does not lead before they "
      "exceed the old ones; if Consul was reset on purpose, restart this process");
  co_await let_go();
  const time_point again = now() + 5s;
  while (wants() && session_alive() && now() < again) co_await changed_.wait(again);
}

// -- letting go ----------------------------------------------------------------------------------

// The work has stopped: the slot is free for the next candidate at once. The contender key goes
// with the name: others take a name that vanishes alone for one that an operator took away.
asio::awaitable<void> slot_candidate::let_go() {
  core::backoff failures(20ms, 2s);
  while (named_ || key_remains_) {
    const bool done = co_await let_go_once();
    if (done) co_return;
    const time_point again = now() + failures.next(shared_->env->random->next());
    co_await runtime::sleep_until(*shared_->env->timers, again);
  }
}

asio::awaitable<bool> slot_candidate::let_go_once() {
  const consul::kv_list found =
      co_await shared_->client.list(keys_.below(), consul::consistency::consistent);
  note(found);
  if (found.error) co_return false;
  const semaphore_reading seen = keys_.read(found, consul::consistency::consistent);
  if (!shows_own_key(found, seen)) {
    observe_lock_only(seen);
    const bool gone = co_await own_key_is_gone();
    if (!gone) co_return false;
  }
  // The next attempt must know the holders of today: an operator may take their names away.
  observe_slots(seen);
  must(!lease_.working(), "a slot is given back only after the work has stopped");
  std::vector<consul::txn_op> ops;
  const bool named = seen.holders.contains(session_id_);
  const bool key_lost = (named || enrolled_) && !seen.contenders.contains(session_id_);
  if (key_lost) contender_key_gone();
  if (named) {
    std::set<std::string> rest = seen.holders;
    rest.erase(session_id_);
    ops.push_back(keys_.name_holders(seen.limit, std::move(rest), seen.lock_modified));
  }
  // Also if an operator has released it: then it would not go with the session.
  const auto own = std::ranges::find(found.entries, keys_.contender(session_id_),
                                     &consul::kv_entry::key);
  if (own != found.entries.end()) {
    // A claim that is under way must not land between the list and the deletion: it would name a
    // session without its key.
    if (named_ && !named) ops.push_back(keys_.check_lock(seen.lock_modified));
    ops.push_back(consul::txn_op::check_index(own->key, own->modify_index));
    ops.push_back(consul::txn_op::remove(own->key));
  }
  if (!ops.empty()) {
    const consul::txn_result answer = co_await write_once(std::move(ops));
    const bool done = answer.committed;
    const metric outcome = done ? metric::releases_done : metric::releases_failed;
    if (named) runtime::count(*shared_->env, outcome);
    if (!done) co_return false;
  }
  named_ = false;
  set_enrolled(false);
  key_remains_ = false;
  look_again_ = true;
  changed_.notify_all();
  co_return true;
}

}  // namespace tenure::impl
