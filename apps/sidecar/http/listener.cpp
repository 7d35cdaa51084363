#include "sidecar/http/listener.hpp"

#include <utility>

#include "common/http/protection.hpp"

namespace tenure::sidecar {

listener::listener(endpoints served, wire::http_server_options options,
                   boost::asio::any_io_executor executor, runtime::timers& timers, handler handle)
    : served_(served),
      handle_(std::move(handle)),
      server_(std::move(executor), timers, *this, options) {}

void listener::listen(const std::string& address,
                      const std::optional<wire::server_tls>& tls) {
  apps::listen(server_, address, tls);
  const bool any_port = address.ends_with(":0");
  addresses_.push_back(any_port ? address.substr(0, address.size() - 1) +
                                      std::to_string(server_.port())
                                : address);
}

void listener::on_request(std::uint64_t id, runtime::http_request r) {
  handle_(*this, id, request(std::move(r)));
}

}  // namespace tenure::sidecar
