// Proofs of all keys of a session: every key that is due, and those that will be soon, in read-only
// transactions of as many check-index operations as Consul takes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <tenure/time.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <vector>

#include "consul/client.hpp"
#include "election/sessions/batched_key.hpp"
#include "election/spawn.hpp"
#include "election/transaction_limit.hpp"
#include "election/turn_queue.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class proof_batcher final : private turn_client,
                            public std::enable_shared_from_this<proof_batcher> {
 public:
  /// `client` outlives the batcher and the tasks that it spawns. `span`: of all its keys. Each
  /// transaction takes one of the `turns`.
  proof_batcher(std::shared_ptr<const runtime::environment> env, consul::client& client,
                spawn_function spawn, duration span, std::shared_ptr<turn_queue> turns,
                std::shared_ptr<transaction_limit> limit);
  proof_batcher(const proof_batcher&) = delete;
  proof_batcher& operator=(const proof_batcher&) = delete;

  /// A key must be detached before it is destroyed.
  void attach(batched_key& key);
  void detach(batched_key& key) noexcept;
  /// A key's next proof is due then, perhaps earlier than planned.
  void due(time_point at) noexcept;
  /// Sends proofs when they are due, until it is cancelled.
  boost::asio::awaitable<void> run();
  /// At the end: forgets the keys of queued proofs.
  void clear() noexcept { queued_.clear(); }

 private:
  class batch;
  class running_mark;
  class turn;
  void on_turn() override;
  time_point collect_due(time_point now);
  void send_in_turns();
  boost::asio::awaitable<void> send_in_turn();
  boost::asio::awaitable<void> send_batch(std::shared_ptr<batch> what);
  boost::asio::awaitable<void> send_in_parts(std::shared_ptr<batch> whole);
  void put_off(const batch& what, time_point until, const error_code& why);

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  spawn_function spawn_;
  const duration span_;
  std::vector<batched_key*> keys_;
  runtime::async_condition changed_;
  time_point next_proof_ = time_point::max();
  std::deque<std::shared_ptr<batch>> queued_;
  const std::shared_ptr<turn_queue> turns_;
  const std::shared_ptr<transaction_limit> limit_;
  bool has_turn_ = false;  ///< one is reserved, and run() has to take it
};

}  // namespace tenure::impl
