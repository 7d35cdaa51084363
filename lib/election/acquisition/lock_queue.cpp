#include "election/acquisition/lock_queue.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <optional>
#include <span>
#include <utility>

#include "consul/transaction_size.hpp"
#include "core/util/invariant.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

// Consul reports errors in two phases, and other processes may write the keys in between.
constexpr int most_rounds = 4;

// Which of several failures decides: a dead session first, last what goes away with time.
int severity(consul::txn_failure f) noexcept {
  switch (f) {
    case consul::txn_failure::invalid_session:
      return 5;
    case consul::txn_failure::forbidden:
      return 4;
    case consul::txn_failure::other:
      return 3;
    case consul::txn_failure::lock_delay:
      return 2;
    default:
      return 1;
  }
}

/// Of the failures of one key's operations: the one that decides.
const consul::txn_error* worst_of(std::span<const consul::txn_error* const> failures) noexcept {
  const consul::txn_error* worst = nullptr;
  for (const consul::txn_error* one : failures) {
    // Of two missing rights the operation's own is more than that of its guard.
    const bool better = one && worst && severity(one->kind) == severity(worst->kind) &&
                        one->kind == consul::txn_failure::forbidden;
    if (one && (!worst || better || severity(one->kind) > severity(worst->kind))) worst = one;
  }
  return worst;
}

std::size_t bytes_of(const lock_op& op) noexcept {
  return (op.guard ? bytes_of(*op.guard) : 0) + bytes_of(op.act) +
         (op.then ? bytes_of(*op.then) : 0);
}

}  // namespace

class lock_queue::batch {
 public:
  std::vector<batched_op> items;
  std::size_t operations() const noexcept {
    std::size_t n = 0;
    for (const batched_op& i : items) n += i.what.operations();
    return n;
  }
  /// For the message of an assertion that failed.
  std::string describe() const {
    return std::to_string(items.size()) + " keys in " + std::to_string(operations()) +
           " operations" + (items.empty() ? "" : ", the first key " + items.front().whose->key());
  }
  recipients_of_batch recipients() const {
    recipients_of_batch all;
    for (const batched_op& i : items) all.add(i.what);
    return all;
  }
};

/// Gives the turn back when its transaction is over.
class lock_queue::inflight_guard {
 public:
  explicit inflight_guard(lock_queue& q) noexcept
      : queue_(q), operations_(q.env_->metrics, metric::lock_operations_in_flight) {}
  inflight_guard(const inflight_guard&) = delete;
  inflight_guard& operator=(const inflight_guard&) = delete;
  ~inflight_guard() {
    queue_.turns_->give_back();
    queue_.send_soon();  // what was queued again waits for no other turn
  }
  void count(std::size_t operations) noexcept { operations_.set(operations); }

 private:
  lock_queue& queue_;
  runtime::gauge_share operations_;
};

lock_queue::lock_queue(std::shared_ptr<const runtime::environment> env,
                       consul::client& client, spawn_function spawn,
                       std::shared_ptr<turn_queue> turns,
                       std::shared_ptr<transaction_limit> limit)
    : env_(std::move(env)),
      client_(client),
      spawn_(std::move(spawn)),
      queued_(env_->metrics, metric::lock_operations_queued),
      turns_(std::move(turns)),
      limit_(std::move(limit)) {}

lock_queue::~lock_queue() { turns_->leave(*this); }

core::fair_queue<lock_queue::pending_op>& lock_queue::queue_for(lock_op::kind what) noexcept {
  const bool gives_up = what == lock_op::kind::release || what == lock_op::kind::clear;
  return gives_up ? releases_ : acquisitions_;
}

void lock_queue::add(std::shared_ptr<batched_key> whose, lock_op::kind what) {
  if (stopped_) return;
  queue_for(what).add(pending_op{.whose = std::move(whose), .what = what});
  count_queued();
  send_soon();
}

// In the next turn of the loop: an answer that wakes many elections then makes one burst of them.
void lock_queue::send_soon() {
  if (stopped_ || std::exchange(sending_soon_, true)) return;
  asio::post(env_->executor, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->sending_soon_ = false;
    self->send();
  });
}

std::shared_ptr<lock_queue::batch> lock_queue::next_batch() {
  auto& queue = releases_.empty() ? acquisitions_ : releases_;
  const std::size_t most_operations = limit_->most();
  std::size_t operations = 0;
  std::size_t bytes = 0;
  bool alone = false;
  recipients_of_batch recipients;
  // Those of the operations that are taken, and of the one that did not fit. Nothing: the operation
  // is not needed any more.
  std::vector<std::optional<lock_op>> made;
  const auto fits = [&](const pending_op& op) {
    const bool wants_alone = op.with == company::alone;
    if (alone || (wants_alone && operations > 0)) return false;
    std::optional<lock_op>& one = made.emplace_back(op.whose->make_lock_op(op.what));
    if (!one) return true;
    operations += one->operations();
    bytes += bytes_of(*one);
    alone = wants_alone;
    recipients.add(*one);
    return operations + recipients.operations() <= most_operations &&
           bytes <= consul::most_transaction_bytes;
  };
  // In the order of the keys: a transaction then wakes few of those who watch by prefixes.
  const auto before = [](const pending_op& a, const pending_op& b) {
    return a.whose->key() < b.whose->key();
  };
  std::vector<pending_op> taken = queue.take(fits, before);
  auto b = std::make_shared<batch>();
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (made[i]) b->items.emplace_back(std::move(taken[i].whose), std::move(*made[i]));
  }
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (!made[i]) complete_unmade(taken[i]);
  }
  return b;
}

// Another process released the key before the release was made.
void lock_queue::complete_unmade(const pending_op& op) {
  lock_outcome outcome;
  outcome.what = lock_outcome_kind::refused;
  outcome.why = consul::txn_failure::held_by_another;
  op.whose->lock_op_done(lock_op(op.what, consul::txn_op()), outcome);
}

void lock_queue::stop() {
  stopped_ = true;
  releases_ = {};
  acquisitions_ = {};
  count_queued();
  turns_->leave(*this);
}

void lock_queue::send() {
  while (!stopped_ && !(releases_.empty() && acquisitions_.empty()) && turns_->take(*this)) {
    std::shared_ptr<batch> b = next_batch();
    if (b->items.empty()) {
      turns_->give_back();
      continue;
    }
    limit_->made(b->operations() + b->recipients().operations());
    spawn_(runtime::keep_alive(run_batch(std::move(b)), shared_from_this()));
  }
  count_queued();
  if (stopped_ || (releases_.empty() && acquisitions_.empty())) turns_->leave(*this);
}

asio::awaitable<void> lock_queue::run_batch(std::shared_ptr<batch> what) {
  inflight_guard mine(*this);
  const time_point deadline = client_.deadline();
  const std::size_t made = what->operations() + what->recipients().operations();
  for (int round = 0; round < most_rounds && !what->items.empty(); ++round) {
    mine.count(what->items.size());
    std::vector<consul::txn_op> ops;
    for (const batched_op& i : what->items) {
      if (i.what.guard) ops.push_back(*i.what.guard);
      ops.push_back(i.what.act);
      if (i.what.then) ops.push_back(*i.what.then);
    }
    const recipients_of_batch recipients = what->recipients();
    const std::size_t locks = ops.size();
    recipients.append_checks(ops);
    const std::size_t required = ops.size();
    if (notices_.open(env_->timers->now())) recipients.append_notices(ops, notices_);
    const std::size_t size = ops.size();
    // Without notices it may be a small one, whose answer tells nothing about large ones.
    if (round == 0 && size <= transaction_limit::small) limit_->dropped(made);
    core::must(size <= transaction_limit::large, "a transaction has at most 128 operations",
               [&] { return what->describe(); });
    const consul::txn_result answer = co_await client_.write(std::move(ops), deadline);
    const bool too_large = limit_->refused(size, answer);
    const auto of_notice = [&](const consul::txn_error& one) { return one.op_index >= required; };
    if (std::ranges::any_of(answer.failures, of_notice)) {
      notices_.refused(env_->timers->now());  // the token may not write them: again without
    } else if (answer.committed) {
      complete_committed(*what, answer);
    } else if (!answer.failures.empty()) {
      drop_refused(*what, answer, recipients.refused(answer.failures, locks));
    } else if (answer.error == consul_errc::outcome_unknown) {
      complete_all(*what, answer, lock_outcome_kind::unknown);
    } else if (too_large) {
      requeue(*what, company::any);
    } else if ((answer.error == consul_errc::bad_request ||
                answer.error == consul_errc::server_error) &&
               what->items.size() > 1) {
      requeue(*what, company::alone);
    } else {
      complete_all(*what, answer, lock_outcome_kind::failed);
    }
  }
  complete_all(*what, consul::txn_result(), lock_outcome_kind::failed);
}

void lock_queue::complete_all(batch& what, const consul::txn_result& answer,
                              lock_outcome_kind result) {
  lock_outcome outcome;
  static_cast<consul::answer_base&>(outcome) = answer;
  outcome.what = result;
  const std::vector<batched_op> items = std::exchange(what.items, {});
  for (const batched_op& i : items) i.whose->lock_op_done(i.what, outcome);
}

void lock_queue::complete_committed(batch& what, const consul::txn_result& answer) {
  std::size_t with_result = 0;
  for (const batched_op& i : what.items) {
    const bool deletes = i.what.what == lock_op::kind::clear;
    with_result += (deletes ? 0U : 1U) + (i.what.then ? 1U : 0U);
  }
  core::must(with_result <= answer.results.size(), "each operation that was done has its result",
             [&] { return what.describe() + ", " + std::to_string(answer.results.size()) +
                          " results"; });
  const std::vector<batched_op> items = std::exchange(what.items, {});
  lock_outcome outcome;
  static_cast<consul::answer_base&>(outcome) = answer;
  outcome.what = lock_outcome_kind::done;
  std::size_t results = 0;
  for (const batched_op& i : items) {
    const bool deletes = i.what.what == lock_op::kind::clear;  // has no result
    if (i.what.then) ++results;  // that of the release, which the lock after it overwrites
    outcome.written = deletes ? consul::kv_entry() : answer.results[results++];
    i.whose->lock_op_done(i.what, outcome);
  }
}

void lock_queue::drop_refused(batch& from, const consul::txn_result& answer,
                              const refused_recipients& refused) {
  std::vector<const consul::txn_error*> by_operation(from.operations(), nullptr);
  bool named = !refused.empty();
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.op_index >= by_operation.size()) continue;
    by_operation[failure.op_index] = &failure;
    named = true;
  }
  if (!named) return complete_all(from, answer, lock_outcome_kind::failed);
  const std::vector<batched_op> items = std::exchange(from.items, {});
  std::size_t at = 0;
  for (const batched_op& i : items) {
    const std::size_t begin = std::exchange(at, at + i.what.operations());
    lock_outcome outcome;
    outcome.sent_at = answer.sent_at;
    outcome.received_at = answer.received_at;
    outcome.what = lock_outcome_kind::refused;
    if (const consul::txn_error* worst = worst_of({by_operation.data() + begin, at - begin})) {
      outcome.why = worst->kind;
      outcome.by_next_holder = i.what.then && worst->op_index + 1 == at;
      if (worst->kind == consul::txn_failure::forbidden) {
        outcome.what = lock_outcome_kind::failed;
        outcome.error = consul_errc::forbidden;
      }
      outcome.detail = worst->what;
    } else if (const auto gone = refused.find(i.what.member_key); gone != refused.end()) {
      const bool forbidden = gone->second->kind == consul::txn_failure::forbidden;
      outcome.why = forbidden ? consul::txn_failure::forbidden
                              : consul::txn_failure::invalid_session;
      outcome.by_next_holder = true;
      outcome.detail = gone->second->what;
    } else {
      from.items.push_back(i);
      continue;
    }
    i.whose->lock_op_done(i.what, outcome);
  }
  if (!from.items.empty()) {
    env_->log->log(log_level::debug, "transaction sent again without the refused operations");
  }
}

// The server refused the whole transaction: its operations go again, in smaller transactions or
// each alone.
void lock_queue::requeue(batch& what, company with) {
  for (batched_op& i : std::exchange(what.items, {})) {
    if (stopped_) break;
    queue_for(i.what.what)
        .add(pending_op{.whose = std::move(i.whose), .what = i.what.what, .with = with});
  }
  count_queued();
}

}  // namespace tenure::impl
