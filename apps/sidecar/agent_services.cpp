#include "sidecar/agent_services.hpp"

#include <utility>

#include "consul/client_support.hpp"
#include "consul/format.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using consul::call;
using consul::effect;

namespace {

constexpr unsigned not_found = 404;

// `Request decode failed: json: unknown field "Foo"`
std::string unknown_field(const std::string& text) {
  constexpr std::string_view mark = "unknown field \"";
  const std::size_t begin = text.find(mark);
  if (begin == std::string::npos) return {};
  const std::size_t name = begin + mark.size();
  const std::size_t end = text.find('"', name);
  return end == std::string::npos ? std::string() : text.substr(name, end - name);
}

}  // namespace

asio::awaitable<services_found> agent_services::find(std::string filter) {
  services_found answer;
  consul::target to("/v1/agent/services", config_);
  to.with("filter", filter);
  const call what(runtime::lane::requests, effect::read, "GET", std::move(to), in_time());
  consul::reply told = co_await consul::perform(*outside_, config_, what);
  consul::take(told, answer);
  if (answer.error) co_return answer;
  auto all = service_document::parse_all(told.body);
  if (all)
    answer.services = std::move(*all);
  else
    consul::fail(answer, consul_errc::bad_answer, consul::describe(what, config_), told.body);
  co_return answer;
}

asio::awaitable<service_read> agent_services::read(std::string id) {
  consul::target to("/v1/agent/service/" + consul::escaped(id, false), config_);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), in_time());
  service_read answer = co_await get(std::move(what));
  co_return answer;
}

asio::awaitable<service_read> agent_services::watch(std::string id, std::string hash,
                                                    duration wait) {
  consul::target to("/v1/agent/service/" + consul::escaped(id, false), config_);
  to.with("hash", hash).with("wait", consul::duration_text(wait));
  call what(runtime::lane::polls, effect::read, "GET", std::move(to),
            in_time() + wait + wait / 16);
  what.retries = 0;  // the caller goes round anyway
  service_read answer = co_await get(std::move(what));
  co_return answer;
}

asio::awaitable<service_read> agent_services::get(call what) {
  service_read answer;
  what.accepted = not_found;
  consul::reply told = co_await consul::perform(*outside_, config_, what);
  consul::take(told, answer);
  if (answer.error || told.status == not_found) co_return answer;
  answer.service = service_document::parse(told.body);
  if (!answer.service)
    consul::fail(answer, consul_errc::bad_answer, consul::describe(what, config_), told.body);
  co_return answer;
}

asio::awaitable<service_written> agent_services::write(std::string body, time_point deadline) {
  service_written answer;
  consul::target to("/v1/agent/service/register", config_);
  // Doing it twice does no harm.
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline);
  what.body = std::move(body);
  consul::reply told = co_await consul::perform(*outside_, config_, what);
  consul::take(told, answer);
  if (answer.error == consul_errc::bad_request) answer.unknown_field = unknown_field(told.body);
  co_return answer;
}

}  // namespace tenure::sidecar
