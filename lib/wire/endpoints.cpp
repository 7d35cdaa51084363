#include "wire/endpoints.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "text/host_port.hpp"

namespace tenure::wire {

namespace asio = boost::asio;
using asio::ip::tcp;

class endpoints::resolution : public std::enable_shared_from_this<resolution> {
 public:
  resolution(asio::any_io_executor executor, runtime::timers& timers, const consul_config& config)
      : host(config.host()),
        port(config.port()),
        resolver(std::move(executor)),
        waiting(std::make_shared<runtime::wait_list>(timers)) {}

  void begin() {
    if (resolving) return;
    resolving = true;
    resolver.async_resolve(
        host, port, tcp::resolver::numeric_service,
        [weak = weak_from_this()](error_code failed, const tcp::resolver::results_type& results) {
          if (const auto self = weak.lock()) self->ended(failed, results);
        });
  }

  std::string host;
  std::string port;
  bool fixed = false;  // configured as an address, not as a name
  bool resolving = false;
  error_code error;
  std::vector<endpoint> known;
  tcp::resolver resolver;
  std::shared_ptr<runtime::wait_list> waiting;

 private:
  void ended(error_code failed, const tcp::resolver::results_type& results) {
    resolving = false;
    error = failed;
    known.clear();
    for (const auto& result : results)
      if (std::ranges::find(known, endpoint(result.endpoint())) == known.end())
        known.emplace_back(result.endpoint());
    if (!error && known.empty()) error = asio::error::host_not_found;
    waiting->notify_all();
  }
};

endpoints::endpoints(asio::any_io_executor executor, runtime::timers& timers,
                     const consul_config& config)
    : resolution_(std::make_shared<resolution>(std::move(executor), timers, config)) {
  if (!config.unix_path().empty()) {
    resolution_->known.emplace_back(asio::local::stream_protocol::endpoint(config.unix_path()));
    resolution_->fixed = true;
    return;
  }
  error_code not_an_address;
  const auto address = asio::ip::make_address(config.host(), not_an_address);
  if (not_an_address) return;
  const std::uint16_t port = text::parse_port(config.port()).value_or(0);
  resolution_->known.emplace_back(tcp::endpoint(address, port));
  resolution_->fixed = true;
}

endpoints::~endpoints() { resolution_->waiting->close(); }

asio::awaitable<error_code> endpoints::find(std::vector<endpoint>& found, time_point deadline) {
  const auto shared = resolution_;
  if (shared->known.empty()) {
    shared->begin();
    const bool notified = co_await runtime::wait_in(shared->waiting, deadline);
    if (!notified) co_return error_code(asio::error::timed_out);
    if (shared->known.empty()) co_return shared->error;
  }
  found = shared->known;
  co_return error_code();
}

void endpoints::worked(const endpoint& good) {
  auto& known = resolution_->known;
  const auto at = std::ranges::find(known, good);
  if (at != known.end()) std::rotate(known.begin(), at, at + 1);
}

void endpoints::failed() noexcept {
  if (!resolution_->fixed) resolution_->known.clear();
}

}  // namespace tenure::wire
