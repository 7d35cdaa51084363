#include "wire/endpoints.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <charconv>

namespace tenure::wire {

namespace asio = boost::asio;
using asio::ip::tcp;

class endpoints::lookup : public std::enable_shared_from_this<lookup> {
 public:
  lookup(asio::any_io_executor executor, runtime::timers& timers, const consul_config& config)
      : host(config.host),
        port(config.port),
        resolver(std::move(executor)),
        waiting(std::make_shared<runtime::wait_list>(timers)) {}

  void begin() {
    if (under_way) return;
    under_way = true;
    resolver.async_resolve(
        host, port, tcp::resolver::numeric_service,
        [weak = weak_from_this()](error_code failed, const tcp::resolver::results_type& results) {
          if (const auto self = weak.lock()) self->ended(failed, results);
        });
  }

  std::string host;
  std::string port;
  bool fixed = false;  // an address, not a name
  bool under_way = false;
  error_code error;
  std::vector<endpoint> known;
  tcp::resolver resolver;
  std::shared_ptr<runtime::wait_list> waiting;

 private:
  void ended(error_code failed, const tcp::resolver::results_type& results) {
    under_way = false;
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
    : lookup_(std::make_shared<lookup>(std::move(executor), timers, config)) {
  if (!config.unix_path.empty()) {
    lookup_->known.emplace_back(asio::local::stream_protocol::endpoint(config.unix_path));
    lookup_->fixed = true;
    return;
  }
  error_code not_an_address;
  const auto address = asio::ip::make_address(config.host, not_an_address);
  if (not_an_address) return;
  std::uint16_t port = 0;
  std::from_chars(config.port.data(), config.port.data() + config.port.size(), port);
  lookup_->known.emplace_back(tcp::endpoint(address, port));
  lookup_->fixed = true;
}

endpoints::~endpoints() { lookup_->waiting->close(); }

asio::awaitable<error_code> endpoints::find(std::vector<endpoint>& found, time_point deadline) {
  const auto shared = lookup_;
  if (shared->known.empty()) {
    shared->begin();
    const bool told = co_await runtime::wait_in(shared->waiting, deadline);
    if (!told) co_return error_code(asio::error::timed_out);
    if (shared->known.empty()) co_return shared->error;
  }
  found = shared->known;
  co_return error_code();
}

void endpoints::worked(const endpoint& good) {
  auto& known = lookup_->known;
  const auto at = std::ranges::find(known, good);
  if (at != known.end()) std::rotate(known.begin(), at, at + 1);
}

void endpoints::failed() noexcept {
  if (!lookup_->fixed) lookup_->known.clear();
}

}  // namespace tenure::wire
