#include "election/acquisition/lock_queue.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

// What every Consul takes, and what it takes since 1.14.
constexpr std::size_t sure_operations = 64;
constexpr std::size_t more_than_sure = 128;
// Of a body of 512 KiB, with room for the JSON around each operation.
constexpr std::size_t most_bytes = 480 * 1024;
constexpr std::size_t bytes_around = 400;
// Errors come in two phases, and others may have been at the keys in between.
constexpr int most_rounds = 4;

// Of several reasons one decides: a dead session before the rest, then what time alone mends.
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

}  // namespace

class lock_queue::batch {
 public:
  std::vector<batched_op> items;
  std::size_t operations() const noexcept {
    std::size_t n = 0;
    for (const batched_op& i : items) n += i.what.guard ? 2 : 1;
    return n;
  }
};

/// A transaction on its way.
class lock_queue::inflight_guard {
 public:
  explicit inflight_guard(lock_queue& q) noexcept : queue_(q) {}
  inflight_guard(const inflight_guard&) = delete;
  inflight_guard& operator=(const inflight_guard&) = delete;
  ~inflight_guard() {
    ++queue_.free_;
    queue_.send_soon();
  }

 private:
  lock_queue& queue_;
};

lock_queue::lock_queue(std::shared_ptr<const runtime::environment> env,
                         consul::client& client, spawn_function spawn, std::size_t lanes)
    : env_(std::move(env)),
      client_(client),
      spawn_(std::move(spawn)),
      free_(std::max<std::size_t>(lanes, 1)) {}

void lock_queue::add(std::shared_ptr<batched_key> whose, lock_op::kind what) {
  if (stopped_) return;
  auto& line = what == lock_op::kind::release ? releases_ : acquisitions_;
  pending_op w;
  w.whose = std::move(whose);
  w.what = what;
  line.add(std::move(w));
  send_soon();
}

// In the next turn of the loop: what wakes many elections makes one burst of them.
void lock_queue::send_soon() {
  if (stopped_ || std::exchange(sending_soon_, true)) return;
  asio::post(env_->executor, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->sending_soon_ = false;
    self->send();
  });
}

std::vector<lock_queue::pending_op> lock_queue::next_ops() {
  auto& line = releases_.empty() ? acquisitions_ : releases_;
  const bool more = more_ == more_operations::untold || more_ == more_operations::taken;
  const std::size_t most_operations = more ? more_than_sure : sure_operations;
  std::size_t operations = 0;
  std::size_t bytes = 0;
  bool alone = false;
  const auto fits = [&](const pending_op& w) {
    operations += 2;
    bytes += w.whose->key().size() * 2 + w.whose->value_size() * 4 / 3 + bytes_around;
    if (alone || (w.alone && operations > 2)) return false;
    alone = w.alone;
    return operations <= most_operations && bytes <= most_bytes;
  };
  // Neighbours together: a transaction wakes those who watch its keys, and they watch by prefixes.
  return line.take(fits, [](const pending_op& a, const pending_op& b) {
    return a.whose->key() < b.whose->key();
  });
}

// Somebody else released it meanwhile.
void lock_queue::nothing_to_do(const pending_op& w) {
  lock_outcome outcome;
  outcome.what = lock_outcome_kind::refused;
  outcome.why = consul::txn_failure::held_by_another;
  w.whose->lock_op_done(lock_op(w.what, consul::txn_op()), outcome);
}

void lock_queue::stop() {
  stopped_ = true;
  releases_ = {};
  acquisitions_ = {};
}

void lock_queue::send() {
  while (!stopped_ && free_ > 0 && !(releases_.empty() && acquisitions_.empty())) {
    auto b = std::make_shared<batch>();
    for (pending_op& w : next_ops()) {
      std::optional<lock_op> made = w.whose->make_lock_op(w.what);
      if (made) {
        b->items.emplace_back(std::move(w.whose), std::move(*made));
      } else {
        nothing_to_do(w);
      }
    }
    if (b->items.empty()) continue;
    // One asks whether the server takes so many; the others do not wait for the answer.
    if (b->operations() > sure_operations && more_ == more_operations::untold) {
      more_ = more_operations::asking;
    }
    --free_;
    spawn_(runtime::keep_alive(run_batch(std::move(b)), shared_from_this()));
  }
}

asio::awaitable<void> lock_queue::run_batch(std::shared_ptr<batch> what) {
  const inflight_guard mine(*this);
  const time_point deadline =
      env_->timers->now() + client_.config().request_timeout;
  for (int round = 0; round < most_rounds && !what->items.empty(); ++round) {
    std::vector<consul::txn_op> ops;
    for (const batched_op& i : what->items) {
      if (i.what.guard) ops.push_back(*i.what.guard);
      ops.push_back(i.what.act);
    }
    const bool many = ops.size() > sure_operations;
    const consul::txn_result answer = co_await client_.write(std::move(ops), deadline);
    if (many) learn_limit(answer);
    if (answer.committed) {
      complete_committed(*what, answer);
    } else if (!answer.failures.empty()) {
      drop_refused(*what, answer);
    } else if (answer.error == consul_errc::outcome_unknown) {
      complete_all(*what, answer, lock_outcome_kind::unknown);
    } else if (answer.error == consul_errc::bad_request && many) {
      requeue(*what, false);
    } else if ((answer.error == consul_errc::bad_request ||
                answer.error == consul_errc::server_error) &&
               what->items.size() > 1) {
      requeue(*what, true);
    } else {
      complete_all(*what, answer, lock_outcome_kind::failed);
    }
  }
  complete_all(*what, consul::txn_result(), lock_outcome_kind::failed);
}

void lock_queue::learn_limit(const consul::txn_result& answer) {
  if (answer.error == consul_errc::bad_request && answer.failures.empty()) {
    // Also where it took as many before: it may be another server now, or refuse them for what
    // one of them is.
    more_ = more_operations::refused;
    env_->log->log(log_level::debug, "Consul takes no more than 64 operations at once");
    return;
  }
  if (more_ != more_operations::asking) return;
  if (answer.committed || !answer.failures.empty()) {
    more_ = more_operations::taken;
  } else {
    more_ = more_operations::untold;
  }
}

void lock_queue::complete_all(batch& what, const consul::txn_result& answer, lock_outcome_kind result) {
  lock_outcome outcome;
  static_cast<consul::answer_base&>(outcome) = answer;
  outcome.what = result;
  const std::vector<batched_op> told = std::exchange(what.items, {});
  for (const batched_op& i : told) i.whose->lock_op_done(i.what, outcome);
}

void lock_queue::complete_committed(batch& what, const consul::txn_result& answer) {
  const std::vector<batched_op> told = std::exchange(what.items, {});
  lock_outcome outcome;
  static_cast<consul::answer_base&>(outcome) = answer;
  outcome.what = lock_outcome_kind::done;
  for (std::size_t i = 0; i < told.size(); ++i) {
    outcome.written = answer.results[i];
    told[i].whose->lock_op_done(told[i].what, outcome);
  }
}

void lock_queue::drop_refused(batch& from, const consul::txn_result& answer) {
  std::vector<const consul::txn_error*> by_operation(from.operations(), nullptr);
  bool told_of = false;
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.op_index >= by_operation.size()) continue;
    by_operation[failure.op_index] = &failure;
    told_of = true;
  }
  if (!told_of) return complete_all(from, answer, lock_outcome_kind::failed);
  const std::vector<batched_op> items = std::exchange(from.items, {});
  std::size_t at = 0;
  for (const batched_op& i : items) {
    const consul::txn_error* worst = nullptr;
    for (const std::size_t end = at + (i.what.guard ? 2 : 1); at < end; ++at) {
      const consul::txn_error* one = by_operation[at];
      if (one && (!worst || severity(one->kind) > severity(worst->kind))) worst = one;
    }
    if (!worst) {
      from.items.push_back(i);
      continue;
    }
    lock_outcome outcome;
    outcome.sent_at = answer.sent_at;
    outcome.received_at = answer.received_at;
    outcome.what = lock_outcome_kind::refused;
    outcome.why = worst->kind;
    if (worst->kind == consul::txn_failure::forbidden) {
      outcome.what = lock_outcome_kind::failed;
      outcome.error = consul_errc::forbidden;
    }
    outcome.detail = worst->what;
    i.whose->lock_op_done(i.what, outcome);
  }
  if (!from.items.empty()) {
    env_->log->log(log_level::debug, "claims go again without the one that was refused");
  }
}

// Nothing of it happened: once more, in smaller company or in none.
void lock_queue::requeue(batch& what, bool alone) {
  for (batched_op& i : std::exchange(what.items, {})) {
    if (stopped_) break;
    auto& line = i.what.what == lock_op::kind::release ? releases_ : acquisitions_;
    pending_op w;
    w.whose = std::move(i.whose);
    w.what = i.what.what;
    w.alone = alone;
    line.add(std::move(w));
  }
}

}  // namespace tenure::impl
