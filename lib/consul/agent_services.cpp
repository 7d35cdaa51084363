#include "consul/agent_services.hpp"

#include <utility>

#include "consul/client_support.hpp"
#include "consul/format.hpp"
#include "text/percent.hpp"

namespace tenure::consul {

namespace asio = boost::asio;

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

asio::awaitable<service_list> agent_services::find(std::string filter) {
  service_list answer;
  target to("/v1/agent/services", config_);
  to.with("filter", filter);
  const call what(runtime::lane::requests, effect::read, "GET", std::move(to), default_deadline());
  response received = co_await perform(*env_, config_, what);
  take_base(received, answer);
  if (answer.error) co_return answer;
  auto all = service_entry::parse_all(received.body);
  if (all)
    answer.services = std::move(*all);
  else
    set_error(answer, consul_errc::bad_answer, describe(what, config_), received.body);
  co_return answer;
}

asio::awaitable<service_result> agent_services::read(std::string id) {
  target to("/v1/agent/service/" + text::percent_encode(id), config_);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), default_deadline());
  return get(std::move(what));
}

asio::awaitable<service_result> agent_services::watch(std::string id, std::string hash,
                                                      duration wait) {
  target to("/v1/agent/service/" + text::percent_encode(id), config_);
  to.with("hash", hash).with("wait", duration_text(wait));
  call what(runtime::lane::polls, effect::read, "GET", std::move(to),
            default_deadline() + wait + wait / 16);
  what.retries = 0;  // the caller polls again anyway
  return get(std::move(what));
}

asio::awaitable<service_result> agent_services::get(call what) {
  service_result answer;
  what.accepted = not_found;
  response received = co_await perform(*env_, config_, what);
  take_base(received, answer);
  if (answer.error || received.status == not_found) co_return answer;
  answer.service = service_entry::parse(received.body);
  if (!answer.service)
    set_error(answer, consul_errc::bad_answer, describe(what, config_), received.body);
  co_return answer;
}

asio::awaitable<service_written> agent_services::write(std::string body, time_point deadline) {
  service_written answer;
  target to("/v1/agent/service/register", config_);
  // Registering twice does no harm.
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline);
  what.body = std::move(body);
  response received = co_await perform(*env_, config_, what);
  take_base(received, answer);
  if (answer.error == consul_errc::bad_request) answer.unknown_field = unknown_field(received.body);
  co_return answer;
}

}  // namespace tenure::consul
