// Services and their checks, at the agent of this machine.
#include <utility>

#include "consul/client.hpp"
#include "consul/client_support.hpp"
#include "text/percent.hpp"

namespace tenure::consul {

namespace asio = boost::asio;

asio::awaitable<ack> client::register_service(service_registration service,
                                               time_point deadline) {
  ack answer;
  target to("/v1/agent/service/register", config_);
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline);
  what.body = service_body(service);
  reply told = co_await perform(*services_, config_, what);
  take(told, answer);
  co_return answer;
}

asio::awaitable<ack> client::deregister_service(std::string id, time_point deadline) {
  ack answer;
  target to("/v1/agent/service/deregister/" + text::percent_encode(id), config_);
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline);
  what.accepted = 404;  // what newer agents say to a service that they do not know
  reply told = co_await perform(*services_, config_, what);
  take(told, answer);
  co_return answer;
}

asio::awaitable<check_result> client::pass_check(std::string id, time_point deadline) {
  check_result answer;
  target to("/v1/agent/check/pass/" + text::percent_encode(id), config_);
  call what(runtime::lane::renewals, effect::repeatable, "PUT", std::move(to), deadline);
  what.accepted = 404;
  reply told = co_await perform(*services_, config_, what);
  take(told, answer);
  // 1.8 says it with a 500, and the client had judged that.
  if (told.status == 500 && told.body.find("does not have associated TTL") != told.body.npos) {
    answer.error = {};
    answer.detail.clear();
  }
  if (answer.error) co_return answer;
  answer.known = told.status == 200;
  // A proxy's 404 says nothing about the check.
  if (told.status == 404 && told.body.find("Unknown check") == told.body.npos)
    fail(answer, consul_errc::bad_answer, describe(what, config_),
         "404 that is not Consul's: " + told.body);
  co_return answer;
}

}  // namespace tenure::consul
