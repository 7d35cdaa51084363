// Accepts the connections of one address of the HTTP server. Private to wire.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <memory>
#include <tenure/toolkit/timers.hpp>

#include "wire/server_connection.hpp"

namespace tenure::wire {

class listener;

/// What a listener needs from its server.
class listener_owner {
 public:
  virtual void accepted(server_connection::socket socket,
                        const boost::asio::generic::stream_protocol::endpoint& peer,
                        const listener& at) = 0;
  virtual bool accepts() const noexcept = 0;

 protected:
  ~listener_owner() = default;
};

/// Accepts one connection at a time, and pauses when the process has run out of descriptors. Asio
/// writes the peer's address into it, so a pending accept keeps it alive.
class listener : public std::enable_shared_from_this<listener> {
 public:
  using protocol = boost::asio::generic::stream_protocol;

  /// `tls`: nullptr for plain HTTP. Throws boost::system::system_error.
  listener(boost::asio::any_io_executor executor, runtime::timers& timers,
           std::weak_ptr<listener_owner> owner, const protocol::endpoint& at,
           std::shared_ptr<server_tls_context> tls);

  void start();
  /// Must be called before the timers are destroyed.
  void close() noexcept;

  /// 0 for a unix socket.
  unsigned short port() const;
  bool on_loopback() const noexcept { return loopback_; }
  /// Whether other machines may reach it.
  bool on_network() const noexcept { return tcp_ && !loopback_; }
  const std::shared_ptr<server_tls_context>& tls() const noexcept { return tls_; }

 private:
  class pause_timer : public runtime::timer {
   public:
    explicit pause_timer(listener& owner)
        : timer([](timer& t) noexcept { static_cast<pause_timer&>(t).owner_.start(); }),
          owner_(owner) {}

   private:
    listener& owner_;
  };

  runtime::timers& timers_;
  std::weak_ptr<listener_owner> owner_;
  boost::asio::basic_socket_acceptor<protocol> acceptor_;
  protocol::endpoint peer_;
  pause_timer pause_;
  std::shared_ptr<server_tls_context> tls_;
  bool tcp_;
  bool loopback_;
};

}  // namespace tenure::wire
