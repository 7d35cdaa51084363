// What is behind tenure::consul_connections: what several elections objects of one process share.
// The transport has a bounded number of connections in each lane; here are the turns on them.
#pragma once

#include <memory>
#include <tenure/consul_config.hpp>

#include "election/request_turns.hpp"
#include "election/turn_queue.hpp"
#include "election/watching/poll_slots.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

/// Each context and each queue on these connections keeps it alive. One thread.
struct connections {
  connections(std::shared_ptr<const runtime::environment> environment, consul_config its_config);
  connections(const connections&) = delete;
  connections& operator=(const connections&) = delete;

  const std::shared_ptr<const runtime::environment> env;
  const consul_config config;
  poll_slots polls;         ///< blocking queries
  turn_queue lock_batches;  ///< transactions of claims and releases
  turn_queue proof_batches;
  const std::shared_ptr<request_turns> writes;  ///< proclaims and guarded writes
  const std::shared_ptr<request_turns> reads;   ///< of single keys, by participants
};

}  // namespace tenure::impl
