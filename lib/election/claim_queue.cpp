#include "election/claim_queue.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "election/record.hpp"
#include "runtime/keeping.hpp"

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
int weight(consul::txn_failure f) noexcept {
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

class claim_queue::batch {
 public:
  std::vector<item> items;
  std::size_t operations() const noexcept {
    std::size_t n = 0;
    for (const item& i : items) n += i.what.guard ? 2 : 1;
    return n;
  }
};

/// A transaction on its way.
class claim_queue::place {
 public:
  explicit place(claim_queue& q) noexcept : queue_(q) {}
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() {
    ++queue_.free_;
    queue_.send_soon();
  }

 private:
  claim_queue& queue_;
};

claim_queue::claim_queue(std::shared_ptr<const runtime::services> services,
                         consul::client& client, runtime::task_scope& tasks, std::size_t lanes)
    : services_(std::move(services)),
      client_(client),
      tasks_(tasks),
      free_(std::max<std::size_t>(lanes, 1)) {}

void claim_queue::add(std::shared_ptr<record> whose, claim::kind what) {
  if (stopped_) return;
  auto& line = what == claim::kind::release ? releases_ : acquisitions_;
  wish w;
  w.whose = std::move(whose);
  w.what = what;
  line.add(std::move(w));
  send_soon();
}

// In the next turn of the loop: what wakes many elections makes one burst of them.
void claim_queue::send_soon() {
  if (stopped_ || std::exchange(sending_soon_, true)) return;
  asio::post(services_->executor, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->sending_soon_ = false;
    self->send();
  });
}

std::vector<claim_queue::wish> claim_queue::next_wishes() {
  auto& line = releases_.empty() ? acquisitions_ : releases_;
  const bool more = more_ == more_operations::untold || more_ == more_operations::taken;
  const std::size_t most_operations = more ? more_than_sure : sure_operations;
  std::size_t operations = 0;
  std::size_t bytes = 0;
  bool alone = false;
  const auto fits = [&](const wish& w) {
    operations += 2;
    bytes += w.whose->key().size() * 2 + w.whose->how().value().size() * 4 / 3 + bytes_around;
    if (alone || (w.alone && operations > 2)) return false;
    alone = w.alone;
    return operations <= most_operations && bytes <= most_bytes;
  };
  // Neighbours together: a transaction wakes those who watch its keys, and they watch by prefixes.
  return line.take(fits, [](const wish& a, const wish& b) {
    return a.whose->key() < b.whose->key();
  });
}

// Somebody else released it meanwhile.
void claim_queue::nothing_to_do(const wish& w) {
  claim_outcome outcome;
  outcome.what = claim_result::refused;
  outcome.why = consul::txn_failure::held_by_another;
  w.whose->claim_done(claim(w.what, consul::txn_op()), outcome);
}

void claim_queue::stop() {
  stopped_ = true;
  releases_ = {};
  acquisitions_ = {};
}

void claim_queue::send() {
  while (!stopped_ && free_ > 0 && !(releases_.empty() && acquisitions_.empty())) {
    auto b = std::make_shared<batch>();
    for (wish& w : next_wishes()) {
      std::optional<claim> made = w.whose->make_claim(w.what);
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
    tasks_.spawn(runtime::keeping(carry(std::move(b)), shared_from_this()));
  }
}

asio::awaitable<void> claim_queue::carry(std::shared_ptr<batch> what) {
  const place mine(*this);
  const time_point deadline =
      services_->timers->now() + client_.config().request_timeout;
  for (int round = 0; round < most_rounds && !what->items.empty(); ++round) {
    std::vector<consul::txn_op> ops;
    for (const item& i : what->items) {
      if (i.what.guard) ops.push_back(*i.what.guard);
      ops.push_back(i.what.act);
    }
    const bool many = ops.size() > sure_operations;
    const consul::txn_done answer = co_await client_.write(std::move(ops), deadline);
    if (many) learn_limit(answer);
    if (answer.committed) {
      tell_done(*what, answer);
    } else if (!answer.failures.empty()) {
      take_out(*what, answer);
    } else if (answer.error == consul_errc::outcome_unknown) {
      tell_all(*what, answer, claim_result::unknown);
    } else if (answer.error == consul_errc::bad_request && many) {
      again(*what, false);
    } else if ((answer.error == consul_errc::bad_request ||
                answer.error == consul_errc::server_error) &&
               what->items.size() > 1) {
      again(*what, true);
    } else {
      tell_all(*what, answer, claim_result::failed);
    }
  }
  tell_all(*what, consul::txn_done(), claim_result::failed);
}

void claim_queue::learn_limit(const consul::txn_done& answer) {
  if (answer.error == consul_errc::bad_request && answer.failures.empty()) {
    // Also where it took as many before: it may be another server now, or refuse them for what
    // one of them is.
    more_ = more_operations::refused;
    services_->log->log(log_level::debug, "Consul takes no more than 64 operations at once");
    return;
  }
  if (more_ != more_operations::asking) return;
  if (answer.committed || !answer.failures.empty()) {
    more_ = more_operations::taken;
  } else {
    more_ = more_operations::untold;
  }
}

void claim_queue::tell_all(batch& what, const consul::txn_done& answer, claim_result result) {
  claim_outcome outcome;
  static_cast<consul::answer_base&>(outcome) = answer;
  outcome.what = result;
  const std::vector<item> told = std::exchange(what.items, {});
  for (const item& i : told) i.whose->claim_done(i.what, outcome);
}

void claim_queue::tell_done(batch& what, const consul::txn_done& answer) {
  const std::vector<item> told = std::exchange(what.items, {});
  claim_outcome outcome;
  static_cast<consul::answer_base&>(outcome) = answer;
  outcome.what = claim_result::done;
  for (std::size_t i = 0; i < told.size(); ++i) {
    outcome.written = answer.results[i];
    told[i].whose->claim_done(told[i].what, outcome);
  }
}

void claim_queue::take_out(batch& from, const consul::txn_done& answer) {
  std::vector<const consul::txn_error*> by_operation(from.operations(), nullptr);
  bool told_of = false;
  for (const consul::txn_error& failure : answer.failures) {
    if (failure.op_index >= by_operation.size()) continue;
    by_operation[failure.op_index] = &failure;
    told_of = true;
  }
  if (!told_of) return tell_all(from, answer, claim_result::failed);
  const std::vector<item> items = std::exchange(from.items, {});
  std::size_t at = 0;
  for (const item& i : items) {
    const consul::txn_error* worst = nullptr;
    for (const std::size_t end = at + (i.what.guard ? 2 : 1); at < end; ++at) {
      const consul::txn_error* one = by_operation[at];
      if (one && (!worst || weight(one->kind) > weight(worst->kind))) worst = one;
    }
    if (!worst) {
      from.items.push_back(i);
      continue;
    }
    claim_outcome outcome;
    outcome.sent_at = answer.sent_at;
    outcome.received_at = answer.received_at;
    outcome.what = claim_result::refused;
    outcome.why = worst->kind;
    if (worst->kind == consul::txn_failure::forbidden) {
      outcome.what = claim_result::failed;
      outcome.error = consul_errc::forbidden;
    }
    outcome.detail = worst->what;
    i.whose->claim_done(i.what, outcome);
  }
  if (!from.items.empty()) {
    services_->log->log(log_level::debug, "claims go again without the one that was refused");
  }
}

// Nothing of it happened: once more, in smaller company or in none.
void claim_queue::again(batch& what, bool alone) {
  for (item& i : std::exchange(what.items, {})) {
    if (stopped_) break;
    auto& line = i.what.what == claim::kind::release ? releases_ : acquisitions_;
    wish w;
    w.whose = std::move(i.whose);
    w.what = i.what.what;
    w.alone = alone;
    line.add(std::move(w));
  }
}

}  // namespace tenure::impl
