#include "election/term/write_queue.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string_view>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "consul/transaction_size.hpp"
#include "core/util/invariant.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;

bool is_guard(const consul::txn_op& op) { return std::string_view(op.verb).starts_with("check-"); }

bool same_guard(const consul::txn_op& a, const consul::txn_op& b) {
  return std::string_view(a.verb) == b.verb && a.key == b.key && a.index == b.index &&
         a.session == b.session;
}

/// The operations of one transaction. Guards that several writes have in common are in it once.
class operation_list {
 public:
  void add(const consul::txn_op& op) { positions_.push_back(position_of(op)); }
  /// Where the operations that were added are in the transaction, in the order of adding.
  const std::vector<std::size_t>& positions() const noexcept { return positions_; }
  std::size_t size() const noexcept { return ops_.size(); }
  std::size_t bytes() const noexcept { return bytes_; }
  std::vector<consul::txn_op> take() { return std::move(ops_); }

 private:
  std::size_t position_of(const consul::txn_op& op) {
    if (is_guard(op)) {
      for (std::size_t i = 0; i < ops_.size(); ++i) {
        if (is_guard(ops_[i]) && same_guard(ops_[i], op)) return i;
      }
    }
    bytes_ += bytes_of(op);
    ops_.push_back(op);
    return ops_.size() - 1;
  }

  std::vector<consul::txn_op> ops_;
  std::vector<std::size_t> positions_;
  std::size_t bytes_ = 0;
};

}  // namespace

class write_queue::pending_write {
 public:
  pending_write(runtime::timers& timers, std::vector<consul::txn_op> o, time_point d)
      : ops(std::move(o)), deadline(d), changed(timers) {}

  /// For the message of an assertion that failed.
  std::string describe() const {
    std::string text = "guarded write of " + std::to_string(ops.size()) + " operations";
    if (!ops.empty()) text += ", the first on key " + ops.front().key;
    if (abandoned) text += ", abandoned";
    return text;
  }
  void complete(consul::txn_result answer) {
    core::must(!done, "a write is answered once", [this] { return describe(); });
    result = std::move(answer);
    done = true;
    changed.notify_all();
  }

  std::vector<consul::txn_op> ops;
  time_point deadline;
  consul::txn_result result;
  bool done = false;
  bool alone = false;  ///< its batch failed, and no operation was named
  bool abandoned = false;  ///< its caller was cancelled
  runtime::async_condition changed;
};

/// The writes of one transaction. What has no answer when its task ends (the elections object was
/// shut down) has an unknown outcome.
class write_queue::batch {
 public:
  batch(write_queue& q, pending_writes w) : writes(std::move(w)), queue_(q.shared_from_this()) {}
  batch(const batch&) = delete;
  batch& operator=(const batch&) = delete;
  ~batch() {
    consul::txn_result lost;
    lost.error = consul_errc::outcome_unknown;
    lost.detail = "a guarded write was under way at the shut-down";
    complete_all(lost);
    queue_->turns_->give_back();
    if (!queue_->queue_.empty()) queue_->send_soon();
  }

  operation_list operations() const {
    operation_list all;
    for (const auto& one : writes) {
      for (const consul::txn_op& op : one->ops) all.add(op);
    }
    return all;
  }
  void complete_all(const consul::txn_result& answer) {
    for (const auto& one : std::exchange(writes, {})) one->complete(answer);
  }

  pending_writes writes;

 private:
  const std::shared_ptr<write_queue> queue_;
};

write_queue::write_queue(std::shared_ptr<const runtime::environment> env, consul::client& client,
                         spawn_function spawn, std::shared_ptr<turn_queue> turns,
                         std::shared_ptr<transaction_limit> limit)
    : env_(std::move(env)),
      client_(client),
      spawn_(std::move(spawn)),
      turns_(std::move(turns)),
      limit_(std::move(limit)) {}

write_queue::~write_queue() { turns_->leave(*this); }

asio::awaitable<consul::txn_result> write_queue::write(std::vector<consul::txn_op> ops) {
  const time_point deadline = client_.deadline();
  const auto mine = std::make_shared<pending_write>(*env_->timers, std::move(ops), deadline);
  queue_.push_back(mine);
  send_soon();
  try {
    while (!mine->done) co_await mine->changed.wait();
  } catch (...) {
    mine->abandoned = true;
    throw;
  }
  co_return std::move(mine->result);
}

// In the next turn of the loop: what makes many terms write makes one burst of them.
void write_queue::send_soon() {
  if (std::exchange(sending_soon_, true)) return;
  asio::post(env_->executor, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->sending_soon_ = false;
    self->send();
  });
}

void write_queue::send() {
  while (!queue_.empty() && turns_->take(*this)) {
    auto made = std::make_shared<batch>(*this, next_batch());
    if (made->writes.empty()) continue;  // the batch gives the turn back
    limit_->made(made->operations().size());
    spawn_(runtime::keep_alive(run_batch(std::move(made)), shared_from_this()));
  }
  if (queue_.empty()) turns_->leave(*this);
}

write_queue::pending_writes write_queue::next_batch() {
  pending_writes taken;
  operation_list all;
  while (!queue_.empty()) {
    const std::shared_ptr<pending_write>& first = queue_.front();
    if (first->abandoned) {
      queue_.pop_front();
      continue;
    }
    for (const consul::txn_op& op : first->ops) all.add(op);
    const bool fits = all.size() <= limit_->most() &&
                      all.bytes() <= consul::most_transaction_bytes && !first->alone;
    if (!taken.empty() && !fits) break;
    const bool alone = first->alone;
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
    if (alone) break;
  }
  return taken;
}

asio::awaitable<void> write_queue::run_batch(std::shared_ptr<batch> what) {
  while (!what->writes.empty()) {
    operation_list all = what->operations();
    time_point deadline = time_point::max();
    for (const auto& one : what->writes) deadline = std::min(deadline, one->deadline);
    const std::size_t size = all.size();
    core::must(size <= transaction_limit::large, "a transaction has at most 128 operations",
               [&] { return what->writes.front()->describe(); });
    std::vector<consul::txn_op> ops = all.take();
    const consul::txn_result answer = co_await client_.write(std::move(ops), deadline);
    const bool too_large = limit_->refused(size, answer);
    const bool whole = answer.error == consul_errc::bad_request ||
                       answer.error == consul_errc::server_error;
    if (!answer.committed && !answer.failures.empty()) {
      drop_refused(*what, all.positions(), answer);
    } else if ((too_large || whole) && what->writes.size() > 1) {
      queue_again(*what);
    } else {
      consul::txn_result shared = answer;
      shared.results.clear();
      what->complete_all(shared);
    }
  }
}

// Each refused write gets its failures. The others remain, and go again.
void write_queue::drop_refused(batch& from, const std::vector<std::size_t>& positions,
                               const consul::txn_result& answer) {
  pending_writes remaining;
  std::vector<std::pair<std::shared_ptr<pending_write>, consul::txn_result>> refused;
  std::size_t added = 0;
  for (const auto& one : from.writes) {
    consul::txn_result own;
    for (std::size_t i = 0; i < one->ops.size(); ++i, ++added) {
      for (const consul::txn_error& failure : answer.failures) {
        if (failure.op_index != positions[added]) continue;
        own.failures.push_back(failure);
        own.failures.back().op_index = i;
        if (failure.kind == consul::txn_failure::forbidden) own.error = consul_errc::forbidden;
      }
    }
    if (own.failures.empty()) {
      remaining.push_back(one);
      continue;
    }
    own.sent_at = answer.sent_at;
    own.received_at = answer.received_at;
    own.detail = own.error ? answer.detail : own.failures.front().what;
    refused.emplace_back(one, std::move(own));
  }
  core::must(added == positions.size(), "each operation of a write is in the transaction",
             [&] { return from.writes.front()->describe(); });
  if (refused.empty()) return from.complete_all(answer);  // it names none of them
  from.writes = std::move(remaining);
  for (auto& [one, own] : refused) one->complete(std::move(own));
}

// The server refused the whole transaction, and one of its writes may be why.
void write_queue::queue_again(batch& from) {
  for (const auto& one : from.writes) one->alone = true;
  queue_.insert(queue_.begin(), from.writes.begin(), from.writes.end());
  from.writes.clear();
}

}  // namespace tenure::impl
