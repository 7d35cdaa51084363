#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/toolkit/http_client.hpp>
#include <utility>

#include "runtime/transport.hpp"
#include "wire/http_client.hpp"

namespace tenure::toolkit {

namespace asio = boost::asio;

http_client::http_client(asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
                         const std::string& address, std::size_t connections)
    : http_client(std::move(executor), std::move(timers), consul_config(address), connections) {}

http_client::http_client(asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
                         const consul_config& config, std::size_t connections)
    : transport_(std::make_unique<wire::http_client>(std::move(executor), std::move(timers), config,
                                                     wire::lane_limits(1, connections, 1))) {}

http_client::~http_client() = default;

asio::awaitable<http_result> http_client::send(runtime::http_request request,
                                               time_point deadline) {
  const bool idempotent = request.method == "GET" || request.method == "HEAD";
  const runtime::on_stale stale =
      idempotent ? runtime::on_stale::resend : runtime::on_stale::fail;
  runtime::exchange_result trip = co_await transport_->exchange(
      runtime::lane::requests, std::move(request), deadline, stale);
  if (trip.error == asio::error::operation_aborted)
    throw boost::system::system_error(trip.error);
  http_result result;
  result.error = trip.error;
  result.response = std::move(trip.response);
  co_return result;
}

}  // namespace tenure::toolkit
