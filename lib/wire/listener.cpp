#include "wire/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <utility>

#include "wire/listen_address.hpp"

namespace tenure::wire {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration pause_without_descriptors = 100ms;

void close_on_exec(int fd) noexcept { ::fcntl(fd, F_SETFD, FD_CLOEXEC); }

}  // namespace

listener::listener(asio::any_io_executor executor, runtime::timers& timers,
                   std::weak_ptr<listener_owner> owner, const protocol::endpoint& at,
                   std::shared_ptr<server_tls_context> tls)
    : timers_(timers),
      owner_(std::move(owner)),
      acceptor_(std::move(executor)),
      pause_(*this),
      tls_(std::move(tls)),
      tcp_(at.protocol().family() != AF_UNIX),
      loopback_(is_loopback(at)) {
  acceptor_.open(at.protocol());
  close_on_exec(acceptor_.native_handle());
  if (tcp_) acceptor_.set_option(asio::socket_base::reuse_address(true));
  acceptor_.bind(at);
  acceptor_.listen(asio::socket_base::max_listen_connections);
}

void listener::close() noexcept {
  timers_.disarm(pause_);
  error_code ignored;
  acceptor_.close(ignored);
}

unsigned short listener::port() const {
  if (!tcp_) return 0;
  const auto local = acceptor_.local_endpoint();
  return ntohs(reinterpret_cast<const sockaddr_in*>(local.data())->sin_port);
}

void listener::start() {
  acceptor_.async_accept(peer_, [this, self = shared_from_this()](
                                    error_code error, server_connection::socket socket) {
    // An accept that had succeeded when the listener was closed completes after it.
    const auto owner = owner_.lock();
    if (!owner || !owner->accepts() || !acceptor_.is_open()) return;
    if (error) {
      timers_.arm(pause_, timers_.now() + pause_without_descriptors);
      return;
    }
    close_on_exec(socket.native_handle());
    if (tcp_) {
      error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket.set_option(asio::socket_base::keep_alive(true), ignored);
    }
    owner->accepted(std::move(socket), peer_, *this);
    start();
  });
}

}  // namespace tenure::wire
