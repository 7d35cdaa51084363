// Acquisitions, releases, hand-overs and placeholders of all elections, batched into transactions
// as large as Consul takes. A transaction is carried out as a whole or not at all, so the queue
// drops the keys whose operations the server names as refused and sends the rest again at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "consul/client.hpp"
#include "core/util/fair_queue.hpp"
#include "election/acquisition/lock_op.hpp"
#include "election/acquisition/recipient_ops.hpp"
#include "election/sessions/batched_key.hpp"
#include "election/spawn.hpp"
#include "election/transaction_limit.hpp"
#include "election/turn_queue.hpp"
#include "runtime/environment.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

class lock_queue final : private turn_client, public std::enable_shared_from_this<lock_queue> {
 public:
  /// Each transaction takes one of the `turns`, so that single requests find a connection beside
  /// them.
  lock_queue(std::shared_ptr<const runtime::environment> env, consul::client& client,
             spawn_function spawn, std::shared_ptr<turn_queue> turns,
             std::shared_ptr<transaction_limit> limit);
  ~lock_queue();
  lock_queue(const lock_queue&) = delete;
  lock_queue& operator=(const lock_queue&) = delete;

  /// Queues an operation. batched_key::make_lock_op makes it when its transaction is made, and
  /// lock_op_done gets the outcome; both in later turns of the loop. An operation that does not
  /// fit into the transaction is made again for the next one.
  void add(std::shared_ptr<batched_key> whose, lock_op::kind what);
  /// Sends what is queued, as far as turns are free, without waiting for more of this turn of
  /// the loop.
  void send();
  /// Sends nothing any more, and drops what was not sent.
  void stop();

 private:
  /// Whether an operation may share its transaction.
  enum class company : std::uint8_t { any, alone };

  struct pending_op {
    std::shared_ptr<batched_key> whose;
    lock_op::kind what = lock_op::kind::acquire;
    company with = company::any;  ///< alone: its batch failed, and no operation was named
  };
  struct batched_op {
    batched_op(std::shared_ptr<batched_key> key, lock_op op)
        : whose(std::move(key)), what(std::move(op)) {}
    std::shared_ptr<batched_key> whose;
    lock_op what;
  };
  class batch;
  class inflight_guard;

  void on_turn() override { send_soon(); }
  void send_soon();
  void count_queued() noexcept { queued_.set(releases_.size() + acquisitions_.size()); }
  core::fair_queue<pending_op>& queue_for(lock_op::kind what) noexcept;
  void complete_unmade(const pending_op& op);
  std::shared_ptr<batch> next_batch();
  boost::asio::awaitable<void> run_batch(std::shared_ptr<batch> what);
  void drop_refused(batch& from, const consul::txn_result& answer,
                    const refused_recipients& refused);
  void complete_all(batch& what, const consul::txn_result& answer, lock_outcome_kind result);
  void complete_committed(batch& what, const consul::txn_result& answer);
  void requeue(batch& what, company with);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  core::fair_queue<pending_op> releases_;
  core::fair_queue<pending_op> acquisitions_;
  runtime::gauge_share queued_;
  const std::shared_ptr<turn_queue> turns_;
  const std::shared_ptr<transaction_limit> limit_;
  notice_writer notices_;
  bool sending_soon_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::impl
