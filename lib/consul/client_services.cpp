// Services and their checks, at the local agent.
#include <tenure/toolkit/percent.hpp>
#include <utility>

#include "consul/client.hpp"
#include "consul/client_support.hpp"

namespace tenure::consul {

namespace asio = boost::asio;

asio::awaitable<ack> client::register_service(service_registration service, time_point deadline) {
  ack answer;
  target to("/v1/agent/service/register", config_);
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline);
  what.body = service_body(service);
  response received = co_await ask(what);
  take_base(received, answer);
  co_return answer;
}

asio::awaitable<ack> client::deregister_service(std::string id, time_point deadline) {
  ack answer;
  target to("/v1/agent/service/deregister/" + text::percent_encode(id), config_);
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline);
  what.accepted = 404;
  response received = co_await ask(what);
  accept_unknown_service(received);
  take_base(received, answer);
  co_return answer;
}

asio::awaitable<check_result> client::pass_check(std::string id, time_point deadline) {
  check_result answer;
  target to("/v1/agent/check/pass/" + text::percent_encode(id), config_);
  call what(runtime::lane::renewals, effect::repeatable, "PUT", std::move(to), deadline);
  what.accepted = 404;
  response received = co_await ask(what);
  take_base(received, answer);
  // 1.8 reports an unknown check by a 500, which perform() took for an error.
  if (received.status == 500 &&
      received.body.find("does not have associated TTL") != std::string::npos) {
    answer.error = {};
    answer.detail.clear();
  }
  if (answer.error) co_return answer;
  answer.known = received.status == 200;
  // A proxy's 404 says nothing about the check.
  if (received.status == 404 && received.body.find("Unknown check") == received.body.npos)
    set_error(answer, consul_errc::bad_answer, what, config_, received,
              "404 that is not Consul's: " + received.body);
  co_return answer;
}

}  // namespace tenure::consul
