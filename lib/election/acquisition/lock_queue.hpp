// Claims on their way to the server: wanted acquisitions and releases of all elections, carried in
// transactions of as many as Consul takes. A transaction happens as a whole or not at all, so what
// the server names as refused is taken out, and the rest is sent again at once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "consul/client.hpp"
#include "core/util/fair_queue.hpp"
#include "election/acquisition/lock_op.hpp"
#include "election/sessions/batched_key.hpp"
#include "election/spawn.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class lock_queue : public std::enable_shared_from_this<lock_queue> {
 public:
  /// At most `lanes` transactions at a time: what does not come in bulk finds room beside them.
  lock_queue(std::shared_ptr<const runtime::environment> env, consul::client& client,
              spawn_function spawn, std::size_t lanes);
  lock_queue(const lock_queue&) = delete;
  lock_queue& operator=(const lock_queue&) = delete;

  /// What `whose` wants is asked for when its transaction is made (batched_key::make_lock_op), and the
  /// outcome is told to lock_op_done. Both happen in later turns of the loop.
  void add(std::shared_ptr<batched_key> whose, lock_op::kind what);
  /// Sends what is there, as far as there are lanes, without waiting for what else this turn of the
  /// loop may bring.
  void send();
  /// Sends nothing any more, and forgets what was not sent.
  void stop();

 private:
  class pending_op {
   public:
    std::shared_ptr<batched_key> whose;
    lock_op::kind what = lock_op::kind::acquire;
    bool alone = false;  ///< in company it failed for a reason that named nobody
  };
  class batched_op {
   public:
    batched_op(std::shared_ptr<batched_key> r, lock_op c) : whose(std::move(r)), what(std::move(c)) {}
    std::shared_ptr<batched_key> whose;
    lock_op what;
  };
  class batch;
  class inflight_guard;
  /// Whether this server takes more operations in a transaction than every Consul does.
  enum class more_operations : std::uint8_t { untold, asking, taken, refused };

  void send_soon();
  void nothing_to_do(const pending_op& w);
  std::vector<pending_op> next_ops();
  void learn_limit(const consul::txn_result& answer);
  boost::asio::awaitable<void> run_batch(std::shared_ptr<batch> what);
  void drop_refused(batch& from, const consul::txn_result& answer);
  void complete_all(batch& what, const consul::txn_result& answer, lock_outcome_kind result);
  void complete_committed(batch& what, const consul::txn_result& answer);
  void requeue(batch& what, bool alone);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  core::fair_queue<pending_op> releases_;
  core::fair_queue<pending_op> acquisitions_;
  std::size_t free_;
  more_operations more_ = more_operations::untold;
  bool sending_soon_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::impl
