#include "sim/foreign_contender.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "consul/types.hpp"
#include "sim/scenario.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;

foreign_contender::foreign_contender(run_context& context, std::size_t number)
    : context_(context),
      host_(context.world, "f" + std::to_string(number), context.world.random().next(), 0s, 0) {
  link_options options;
  options.who = first_foreign + static_cast<actor>(number);
  options.address = context.scenario.addresses + number;
  options.connections = 40;
  link_ = std::make_shared<sim::link>(context, host_, options);
  value_ = context.world.chance_of(0.5) ? "foreign" : "";
}

void foreign_contender::start() {
  asio::co_spawn(host_.executor(), run(),
                 [self = shared_from_this()](std::exception_ptr) { self->stopped_ = true; });
}

asio::awaitable<runtime::exchange_result> foreign_contender::ask(runtime::lane where,
                                                                 std::string method,
                                                                 std::string target,
                                                                 std::string body) {
  runtime::http_request request(std::move(method), std::move(target), std::move(body));
  runtime::exchange_result answer = co_await link_->exchange(
      where, std::move(request), host_.now() + 30s, runtime::on_stale::fail);
  co_return answer;
}

std::string foreign_contender::draw_session() {
  dies_ = context_.scenario.foreign_deletes && context_.world.chance_of(0.5);
  // As Patroni's, for one.
  if (dies_ && context_.world.chance_of(0.5)) {
    return R"({"Name":"foreign","TTL":"15s","Behavior":"delete","LockDelay":"0.001s"})";
  }
  if (dies_) return R"({"Name":"foreign","TTL":"15s","Behavior":"delete"})";
  return context_.world.chance_of(0.5) ? R"({"Name":"foreign","TTL":"15s"})"
                                       : R"({"Name":"foreign","TTL":"15s","LockDelay":"0s"})";
}

asio::awaitable<void> foreign_contender::run() {
  while (!stopping_) {
    const std::string wanted = draw_session();
    const runtime::exchange_result made =
        co_await ask(runtime::lane::requests, "PUT", "/v1/session/create", wanted);
    const auto at = made.response.body.find("\"ID\":\"");
    if (made.error || made.response.status != 200 || at == std::string::npos) {
      co_await runtime::sleep_until(host_, host_.now() + 1s);
      continue;
    }
    const std::string session = made.response.body.substr(at + 6, 36);
    co_await contend(session);
    co_await ask(runtime::lane::requests, "PUT", "/v1/session/destroy/" + session, "");
  }
  link_->close_idle();
}

asio::awaitable<bool> foreign_contender::wait_free(std::string key) {
  std::string index = "0";
  while (!stopping_) {
    const runtime::exchange_result seen =
        co_await ask(runtime::lane::polls, "GET", "/v1/kv/" + key + "?wait=15s&index=" + index, "");
    if (seen.error || (seen.response.status != 200 && seen.response.status != 404)) {
      co_await runtime::sleep_until(host_, host_.now() + 1s);
      continue;
    }
    const bool held = seen.response.body.find("\"Session\":\"") != std::string::npos;
    if (!held) co_return true;
    index = std::string(seen.response.header("X-Consul-Index"));
  }
  co_return false;
}

asio::awaitable<void> foreign_contender::contend(std::string session) {
  const std::string key = election_key(context_.world.below(context_.scenario.elections));
  const time_point until = host_.now() + 10s;  // before its session expires: it does not renew
  while (!stopping_ && host_.now() < until) {
    const bool free = co_await wait_free(key);
    if (!free) co_return;
    const runtime::exchange_result taken = co_await ask(
        runtime::lane::requests, "PUT",
        "/v1/kv/" + key + "?acquire=" + session + "&flags=" + std::to_string(consul::lock_flags),
        value_);
    if (!taken.error && taken.response.body == "true") {
      context_.world.probes.hit("a foreign contender led");
      co_await runtime::sleep_until(host_, host_.now() + context_.world.between(10ms, 8s));
      if (dies_) {
        context_.world.probes.hit("a foreign session died and deleted its key");
        co_return;
      }
      co_await ask(
          runtime::lane::requests, "PUT",
          "/v1/kv/" + key + "?release=" + session + "&flags=" + std::to_string(consul::lock_flags),
          value_);
      co_await runtime::sleep_until(host_, host_.now() + context_.world.between(1s, 10s));
      co_return;
    }
    co_await runtime::sleep_until(host_, host_.now() + context_.world.between(1s, 5s));
  }
}

}  // namespace tenure::sim
