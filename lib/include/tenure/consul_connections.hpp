// The connections of a process to Consul, shared by several elections objects.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <tenure/consul_config.hpp>

namespace tenure {

namespace impl {
struct connections;
}

/// One set of connections to one Consul, for any number of elections objects on one thread: one for
/// each tenant, say, with its own token. An elections object that is made from a consul_config has
/// a set for itself; objects that are made from a consul_connections share it.
///
/// Shared are the connections, never more than `connections` of the configuration, the timers, and
/// the turns on the connections. Each object gets an equal share of the connections for blocking
/// queries, and what the others do not need. With more objects than connections their queries take
/// turns, and an object notices a change a few seconds later at most. Claims, releases and proofs
/// are sent transaction by transaction, one object after the other, so an object with thousands of
/// elections does not hold up another. Slots of semaphores take no turns: each has its own session,
/// and sends its own requests.
///
/// Not shared are the token, the namespace and the partition (elections_options::access), the
/// sessions, the locks, the watches, the events, the name and the log. What happens to one of these
/// objects, a revoked token for example, does not touch the others.
///
/// A handle: copies refer to the same connections. It may be destroyed before the elections
/// objects, which keep the connections alive, and not after the io_context. Only the thread of the
/// executor may use the connections, so all of these elections objects belong to that thread.
class consul_connections {
 public:
  /// `config`: the address, the number of connections, the request time-out, and the access of
  /// every elections object that does not set its own. Connects when the first request needs it.
  consul_connections(boost::asio::any_io_executor executor, consul_config config);
  consul_connections(const consul_connections&) = default;  ///< a copy names the same connections
  /// Names the same connections as the other one.
  consul_connections& operator=(const consul_connections&) = default;
  ~consul_connections() = default;

  /// The executor on which everything of these connections runs.
  boost::asio::any_io_executor get_executor() const noexcept;

 private:
  friend class elections;
  std::shared_ptr<impl::connections> shared_;
};

}  // namespace tenure
