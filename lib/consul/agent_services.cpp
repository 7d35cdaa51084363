#include <tenure/agent_services.hpp>
#include <tenure/toolkit/percent.hpp>
#include <utility>

#include "consul/check_config.hpp"
#include "consul/client_support.hpp"
#include "consul/format.hpp"
#include "consul/service_json.hpp"
#include "runtime/environment.hpp"
#include "wire/http_client.hpp"

namespace tenure {

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

consul::target target_of(std::string_view path, const std::string& id,
                         const consul_config& config) {
  return consul::target(std::string(path) + text::percent_encode(id), config);
}

void take_error(consul::answer_base& from, service_answer& to) {
  to.error = from.error;
  to.detail = std::move(from.detail);
}

void set_malformed(service_answer& answer, const consul::call& what, const consul_config& config,
                   const consul::response& received) {
  answer.error = consul_errc::bad_answer;
  answer.detail = consul::with_outcome(consul::describe(what, config),
                                       consul::shown(received.body, received, what, config));
}

asio::awaitable<service_result> get(const runtime::environment& env, const consul_config& config,
                                    consul::call what) {
  service_result answer;
  what.accepted = not_found;
  consul::response received = co_await consul::perform(env, config, what);
  take_error(received, answer);
  if (answer.error || received.status == not_found) co_return answer;
  answer.service = consul::parse_service(received.body);
  if (!answer.service) set_malformed(answer, what, config, received);
  co_return answer;
}

std::shared_ptr<const runtime::environment> with_metrics(const runtime::environment& env,
                                                         std::shared_ptr<metrics_sink> metrics) {
  auto own = std::make_shared<runtime::environment>(env);
  own->metrics = std::move(metrics);
  return own;
}

}  // namespace

agent_services::agent_services(asio::any_io_executor executor, consul_config config,
                               std::shared_ptr<metrics_sink> metrics)
    : env_(with_metrics(*wire::make_system_environment(std::move(executor), config, silent_log()),
                        std::move(metrics))),
      config_(std::move(config)) {
  consul::check_config(config_);
}

agent_services::agent_services(std::shared_ptr<const runtime::environment> env,
                               consul_config config) noexcept
    : env_(std::move(env)), config_(std::move(config)) {}

agent_services::~agent_services() = default;

time_point agent_services::default_deadline() const {
  return env_->clock->now() + config_.request_timeout();
}

asio::awaitable<service_list> agent_services::find(std::string filter) {
  service_list answer;
  consul::target to("/v1/agent/services", config_);
  if (!filter.empty()) to.with("filter", filter);
  const consul::call what(runtime::lane::requests, consul::effect::read, "GET", std::move(to),
                          default_deadline());
  consul::response received = co_await consul::perform(*env_, config_, what);
  take_error(received, answer);
  if (answer.error) co_return answer;
  auto all = consul::parse_services(received.body);
  if (all)
    answer.services = std::move(*all);
  else
    set_malformed(answer, what, config_, received);
  co_return answer;
}

asio::awaitable<service_result> agent_services::read(std::string id) {
  consul::call what(runtime::lane::requests, consul::effect::read, "GET",
                    target_of("/v1/agent/service/", id, config_), default_deadline());
  service_result answer = co_await get(*env_, config_, std::move(what));
  co_return answer;
}

asio::awaitable<service_result> agent_services::watch(std::string id, std::string hash,
                                                      duration wait) {
  consul::target to = target_of("/v1/agent/service/", id, config_);
  to.with("hash", hash).with("wait", consul::duration_text(wait));
  consul::call what(runtime::lane::polls, consul::effect::read, "GET", std::move(to),
                    default_deadline() + wait + wait / 16);
  what.retries = 0;  // the caller polls again anyway
  service_result answer = co_await get(*env_, config_, std::move(what));
  co_return answer;
}

asio::awaitable<service_health> agent_services::health(std::string id) {
  service_health answer;
  consul::call what(runtime::lane::requests, consul::effect::read, "GET",
                    target_of("/v1/agent/health/service/id/", id, config_), default_deadline());
  what.accepted = not_found;
  what.status_is_health = true;
  consul::response received = co_await consul::perform(*env_, config_, what);
  take_error(received, answer);
  if (answer.error || received.status == not_found) co_return answer;
  auto found = consul::parse_health(received.body);
  if (!found) {
    set_malformed(answer, what, config_, received);
    co_return answer;
  }
  answer = std::move(*found);
  co_return answer;
}

asio::awaitable<service_written> agent_services::register_service(std::string body,
                                                                  time_point deadline) {
  service_written answer;
  consul::target to("/v1/agent/service/register", config_);
  // Registering twice does no harm.
  consul::call what(runtime::lane::requests, consul::effect::repeatable, "PUT", std::move(to),
                    deadline);
  what.body = std::move(body);
  consul::response received = co_await consul::perform(*env_, config_, what);
  take_error(received, answer);
  if (answer.error == consul_errc::bad_request) {
    answer.unknown_field =
        consul::shown(unknown_field(received.body), received, what, config_);
  }
  co_return answer;
}

asio::awaitable<service_answer> agent_services::deregister(std::string id, time_point deadline) {
  service_answer answer;
  consul::call what(runtime::lane::requests, consul::effect::repeatable, "PUT",
                    target_of("/v1/agent/service/deregister/", id, config_), deadline);
  what.accepted = not_found;
  consul::response received = co_await consul::perform(*env_, config_, what);
  consul::accept_unknown_service(received);
  take_error(received, answer);
  co_return answer;
}

}  // namespace tenure
