#include "consul/client.hpp"

#include <algorithm>

#include "consul/acl_rules.hpp"
#include "consul/call.hpp"
#include "consul/check_config.hpp"
#include "consul/client_support.hpp"
#include "consul/parse.hpp"

namespace tenure::consul {

client::client(std::shared_ptr<const runtime::environment> env, consul_config config)
    : env_(std::move(env)),
      config_(std::move(config)),
      parser_(std::make_shared<parser>()),
      refusals_(env_) {
  check_config(config_);
}

time_point client::deadline() const {
  return std::min(env_->clock->now() + config_.request_timeout(), give_up_at_);
}

boost::asio::awaitable<response> client::ask(const call& what) {
  response received = co_await perform(*env_, config_, what);
  if (received.error == consul_errc::forbidden) {
    refusals_.refused(received.missing, received.detail);
  } else if (!refusals_.quiet() && !received.error) {
    const bool proof = proves_right(what.to, received.status);
    const std::optional<acl_rule> shown = proof ? rule_for(what.to) : std::nullopt;
    if (shown) refusals_.allowed(*shown, received.sent_at);
    if (shown) refusals_.known(received.sent_at);
  }
  co_return received;
}

boost::asio::awaitable<ack> client::ping() {
  ack answer;
  target to("/v1/status/leader", config_);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), deadline());
  response received = co_await perform(*env_, config_, what);
  take_base(received, answer);
  if (answer.error) co_return answer;
  std::string leader;
  if (const error_code error = parser_->text(received.body, leader))
    set_error(answer, error, what, config_, received, received.body);
  else if (leader.empty())
    set_error(answer, consul_errc::no_leader, what, config_, "no cluster leader");
  co_return answer;
}

}  // namespace tenure::consul
