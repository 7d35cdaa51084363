#include "election/sessions/proof_batcher.hpp"

#include <algorithm>
#include <utility>

#include "consul/transaction_size.hpp"
#include "core/testing/seeded_bug.hpp"
#include "core/util/invariant.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/metering.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {

namespace {

// So many keys of one transaction change at once if their session dies, and else hardly ever.
constexpr std::size_t many_missed = 8;

}  // namespace

class proof_batcher::batch {
 public:
  std::vector<std::shared_ptr<batched_key>> keys;
  std::vector<std::uint64_t> guards;
  std::size_t most = 0;   ///< keys
  std::size_t bytes = 0;  ///< of the transaction
  time_point asked{};    ///< when it was due; its time in the queue counts against its time-out
};

/// Gives the turn back when its transaction is over.
class proof_batcher::turn {
 public:
  explicit turn(turn_queue& from) noexcept : from_(from) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() { from_.give_back(); }

 private:
  turn_queue& from_;
};

/// Only run() takes turns, so that none stays reserved after its end.
class proof_batcher::running_mark {
 public:
  explicit running_mark(proof_batcher& owner) noexcept : owner_(owner) {}
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;
  ~running_mark() { owner_.turns_->leave(owner_); }

 private:
  proof_batcher& owner_;
};

proof_batcher::proof_batcher(std::shared_ptr<const runtime::environment> env,
                             consul::client& client, spawn_function spawn, duration span,
                             std::shared_ptr<turn_queue> turns,
                             std::shared_ptr<transaction_limit> limit)
    : env_(std::move(env)),
      client_(client),
      spawn_(std::move(spawn)),
      span_(span),
      changed_(*env_->timers),
      turns_(std::move(turns)),
      limit_(std::move(limit)) {}

void proof_batcher::attach(batched_key& key) {
  key.proof_index_ = static_cast<std::uint32_t>(keys_.size());
  keys_.push_back(&key);
}

// Swap-remove: the last key moves into the freed place.
void proof_batcher::detach(batched_key& key) noexcept {
  const std::uint32_t place = key.proof_index_;
  if (place >= keys_.size() || keys_[place] != &key) return;
  keys_[place] = keys_.back();
  keys_[place]->proof_index_ = place;
  keys_.pop_back();
}

void proof_batcher::due(time_point at) noexcept {
  if (at >= next_proof_) return;
  next_proof_ = at;
  changed_.notify_all();
}

// Queues what is due, and what will be soon, so that the proofs of many keys stay together. Returns
// when the next one is due.
time_point proof_batcher::collect_due(time_point now) {
  time_point next = time_point::max();
  std::shared_ptr<batch> out;
  for (batched_key* r : keys_) {
    if (!r->proof_worthwhile(now)) {
      next = std::min(next, r->proof_due());
      continue;
    }
    auto kept = std::static_pointer_cast<batched_key>(r->weak_user().lock());
    if (!kept) continue;
    const std::size_t bytes = r->key().size() + consul::bytes_around_op;
    if (!out || out->keys.size() == out->most ||
        out->bytes + bytes > consul::most_transaction_bytes) {
      if (out) limit_->made(out->keys.size());
      out = std::make_shared<batch>();
      out->most = limit_->most();
      out->asked = now;
      queued_.push_back(out);
    }
    out->bytes += bytes;
    out->guards.push_back(r->begin_proof());
    out->keys.push_back(std::move(kept));
  }
  if (out) limit_->made(out->keys.size());
  return next;
}

boost::asio::awaitable<void> proof_batcher::run() {
  const running_mark mark(*this);
  for (;;) {
    while (env_->timers->now() < next_proof_ && !has_turn_) co_await changed_.wait(next_proof_);
    has_turn_ = false;
    if (env_->timers->now() >= next_proof_) next_proof_ = collect_due(env_->timers->now());
    send_in_turns();
  }
}

void proof_batcher::on_turn() {
  has_turn_ = true;
  changed_.notify_all();
}

void proof_batcher::send_in_turns() {
  for (std::size_t n = queued_.size(); n > 0 && turns_->take(*this); --n) {
    spawn_(runtime::keep_alive(send_in_turn(), shared_from_this()));
  }
  if (queued_.empty()) turns_->leave(*this);
}

// One transaction a turn, or as many as there are if no other batcher waits.
boost::asio::awaitable<void> proof_batcher::send_in_turn() {
  const turn mine(*turns_);
  bool goes_on = true;
  while (goes_on && !queued_.empty()) {
    std::shared_ptr<batch> next = std::move(queued_.front());
    queued_.pop_front();
    co_await send_batch(std::move(next));
    goes_on = !turns_->others_wait(*this);
  }
}

void proof_batcher::put_off(const batch& what, time_point until, const error_code& why) {
  for (const auto& r : what.keys) r->proof_put_off(until, why, what.asked);
  due(until);
}

boost::asio::awaitable<void> proof_batcher::send_batch(std::shared_ptr<batch> what) {
  core::must(what->keys.size() == what->guards.size() && !what->keys.empty() &&
                 what->keys.size() <= transaction_limit::large,
             "a transaction proves 1 to 128 keys, each by its guard", [&] {
               return std::to_string(what->keys.size()) + " keys, " +
                      std::to_string(what->guards.size()) + " guards" +
                      (what->keys.empty() ? "" : ", the first key " + what->keys.front()->key());
             });
  std::vector<consul::txn_op> ops;
  ops.reserve(what->keys.size());
  // No longer than any request: a hung connection would hold up the proofs of other objects.
  duration timeout = std::min(span_, client_.config().request_timeout());
  for (std::size_t i = 0; i < what->keys.size(); ++i) {
    const batched_key& one = *what->keys[i];
    ops.push_back(consul::txn_op::check_held(one.key(), what->guards[i], one.proof_session()));
    timeout = std::min(timeout, what->keys[i]->proof_timeout());
  }
  const time_point asked = what->asked;
  const std::size_t size = ops.size();
  if (env_->timers->now() >= asked + timeout) {
    limit_->dropped(size);
    runtime::count(*env_, metric::proofs_failed_late, size);
    put_off(*what, env_->timers->now(), consul_errc::timed_out);
    co_return;
  }
  runtime::count(*env_, metric::proofs_sent, size);
  const consul::txn_result answer = co_await client_.prove(std::move(ops), asked + timeout);
  if (limit_->refused(size, answer)) {
    co_await send_in_parts(std::move(what));
    co_return;
  }
  const time_point now = env_->timers->now();
  if (answer.error && answer.failures.empty()) {
    runtime::count(*env_, metric::proofs_failed_error, size);
    // Only a failure that came at once needs a pause: after a time-out no time is to be lost.
    const duration pause = now - asked < timeout / 2 ? timeout / 4 : duration{0};
    put_off(*what, now + pause / 2 + env_->random->jitter(pause), answer.error);
    co_return;
  }
  runtime::record(*env_, metric::proof_seconds, now - asked);
  if (answer.committed) runtime::count(*env_, metric::proofs_confirmed, size);
  std::vector<bool> missed(what->keys.size(), false);
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.op_index < missed.size()) missed[failure.op_index] = true;
  }
  const bool many =
      std::ranges::count(missed, true) >= static_cast<std::ptrdiff_t>(many_missed);
  for (std::size_t i = 0; i < what->keys.size(); ++i) {
    batched_key& r = *what->keys[i];
    if (answer.committed) {
      const bool late = bug_enabled(core::seeded_bug::lease_from_reply);
      r.proof_done(what->guards[i], late ? answer.received_at : answer.sent_at);
    } else if (missed[i] && answer.error) {
      runtime::count(*env_, metric::proofs_failed_error);
      r.proof_put_off(now + timeout / 4, answer.error, asked);  // the token may not read that key
    } else if (missed[i]) {
      runtime::count(*env_, metric::proofs_failed_changed);
      r.proof_missed(what->guards[i], many ? missed_with::many : missed_with::few);
    } else {
      // The transaction failed for another key: prove this one again without it.
      runtime::count(*env_, metric::proofs_failed_batch);
      r.proof_put_off(now, error_code{}, asked);
    }
    due(r.proof_due());
  }
  runtime::make_full_region_huge();  // these keys have two thirds of their span left
}

// The server refused the transaction for its size, and has read none of the keys.
boost::asio::awaitable<void> proof_batcher::send_in_parts(std::shared_ptr<batch> whole) {
  for (std::size_t begin = 0; begin < whole->keys.size(); begin += transaction_limit::small) {
    const std::size_t end = std::min(begin + transaction_limit::small, whole->keys.size());
    auto part = std::make_shared<batch>();
    part->asked = whole->asked;
    for (std::size_t i = begin; i < end; ++i) {
      part->keys.push_back(whole->keys[i]);
      part->guards.push_back(whole->guards[i]);
    }
    co_await send_batch(std::move(part));
  }
}

}  // namespace tenure::impl
