#include "consul/client.hpp"

#include "consul/call.hpp"
#include "consul/client_support.hpp"
#include "consul/parse.hpp"

namespace tenure::consul {

client::client(std::shared_ptr<const runtime::environment> services, consul_config config)
    : services_(std::move(services)),
      config_(std::move(config)),
      parser_(std::make_shared<parser>()) {}

time_point client::in_time() const { return services_->clock->now() + config_.request_timeout; }

boost::asio::awaitable<ack> client::ping() {
  ack answer;
  target to("/v1/status/leader", config_);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), in_time());
  reply told = co_await perform(*services_, config_, what);
  take(told, answer);
  if (answer.error) co_return answer;
  std::string leader;
  if (const error_code error = parser_->text(told.body, leader))
    fail(answer, error, describe(what, config_), told.body);
  else if (leader.empty())
    fail(answer, consul_errc::no_leader, describe(what, config_), "no cluster leader");
  co_return answer;
}

}  // namespace tenure::consul
