// What the parts of one elections object share. The engine makes it and hands it down, handles and
// participants keep it alive, and nothing that it holds knows the engine.
#pragma once

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/elections.hpp>
#include <tenure/toolkit/task_scope.hpp>

#include "consul/client.hpp"
#include "election/acquisition/lock_queue.hpp"
#include "election/connections.hpp"
#include "election/event_queue.hpp"
#include "election/name_conflicts.hpp"
#include "election/sessions/session_inquiry.hpp"
#include "election/sessions/session_pool.hpp"
#include "election/sessions/span_cache.hpp"
#include "election/spawn.hpp"
#include "election/term/write_queue.hpp"
#include "election/transaction_limit.hpp"
#include "election/watching/unwanted_keys.hpp"
#include "election/watching/watch_registry.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class slot_candidate;

struct context : std::enable_shared_from_this<context> {
  context(std::shared_ptr<impl::connections> shared_connections, elections_options options);
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  ~context();

  /// Starts tasks that keep this context alive.
  spawn_function spawner();
  time_point now() const noexcept { return env->timers->now(); }
  duration request_timeout() const noexcept { return client.config().request_timeout(); }
  /// How observers and queries read; participants never read stale.
  consul::consistency observer_reads() const noexcept {
    return options.stale_reads() ? consul::consistency::stale : consul::consistency::default_;
  }

  const std::shared_ptr<impl::connections> connections;
  const std::shared_ptr<const runtime::environment> env;  ///< the connections' with our own sinks
  const std::shared_ptr<const boost::asio::any_io_executor> executor;  ///< env's, for the terms
  const elections_options options;
  consul::client client;
  runtime::task_scope tasks;  ///< everything that runs until the shut-down
  const std::shared_ptr<transaction_limit> limit;
  const std::shared_ptr<lock_queue> locks;
  const std::shared_ptr<write_queue> writes;
  watch_registry watches;
  unwanted_keys unwanted;
  session_pool sessions;
  session_inquiry inquiry;
  span_cache spans;
  event_queue events;
  name_conflicts names;
  std::multimap<std::string, slot_candidate*> slot_candidates;  ///< by semaphore, while they live
  bool shutting_down = false;  ///< shut_down() has begun: nothing new is entered
  /// Throws errc::shut_down after that.
  void check_open() const;
};

/// Logs what escapes from a task.
std::function<void(std::exception_ptr)> log_failures(std::shared_ptr<log_sink> log);

}  // namespace tenure::impl
