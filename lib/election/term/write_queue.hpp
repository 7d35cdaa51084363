// The guarded writes of all terms, batched into transactions as large as Consul takes: writes that
// are made in one turn of the loop share a transaction.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "consul/client.hpp"
#include "election/spawn.hpp"
#include "election/transaction_limit.hpp"
#include "election/turn_queue.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

/// A transaction is carried out as a whole or not at all. So the queue takes out the writes that
/// the server names as refused, and sends the rest again at once: each write succeeds or fails as
/// if it were alone.
class write_queue final : private turn_client, public std::enable_shared_from_this<write_queue> {
 public:
  /// Each transaction takes one of the `turns`. `spawn` starts tasks that keep the client alive.
  write_queue(std::shared_ptr<const runtime::environment> env, consul::client& client,
              spawn_function spawn, std::shared_ptr<turn_queue> turns,
              std::shared_ptr<transaction_limit> limit);
  ~write_queue();
  write_queue(const write_queue&) = delete;
  write_queue& operator=(const write_queue&) = delete;

  /// Carries out the operations of one write, all or none, within the request time-out. The answer
  /// is as if the write were alone, without results. A caller that is cancelled leaves the
  /// write behind: it may be carried out.
  boost::asio::awaitable<consul::txn_result> write(std::vector<consul::txn_op> ops);

 private:
  class pending_write;
  class batch;
  using pending_writes = std::vector<std::shared_ptr<pending_write>>;

  void on_turn() override { send_soon(); }
  void send_soon();
  void send();
  pending_writes next_batch();
  boost::asio::awaitable<void> run_batch(std::shared_ptr<batch> what);
  void drop_refused(batch& from, const std::vector<std::size_t>& positions,
                    const consul::txn_result& answer);
  void queue_again(batch& from);

  const std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  const spawn_function spawn_;
  const std::shared_ptr<turn_queue> turns_;
  const std::shared_ptr<transaction_limit> limit_;
  std::deque<std::shared_ptr<pending_write>> queue_;
  bool sending_soon_ = false;
};

}  // namespace tenure::impl
