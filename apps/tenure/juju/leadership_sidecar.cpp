// Leadership by the sidecar, over its control socket.
#include <simdjson.h>

#include <cstdlib>
#include <string>
#include <tenure/toolkit/http_client.hpp>
#include <utility>

#include "tenure/juju/leadership.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration patience = 15s;

class sidecar_leadership final : public leadership {
 public:
  sidecar_leadership(asio::any_io_executor executor, sidecar_address address)
      : timers_(runtime::system_timers(executor)),
        client_(std::move(executor), timers_, "unix://" + address.socket),
        address_(std::move(address)) {}

  asio::awaitable<bool> is_leader(std::optional<duration> guarantee) override {
    std::string parameter;
    if (guarantee) {
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*guarantee).count();
      parameter = "guarantee_ms=" + std::to_string(ms);
    }
    // leader-deposed and leader-settings-changed see a follower for their whole run.
    const char* const variable = std::getenv("TENURE_HOOK");
    const std::string hook = variable != nullptr ? variable : "";
    if (hook == "leader-deposed" || hook == "leader-settings-changed")
      parameter += (parameter.empty() ? "hook=" : "&hook=") + hook;
    std::string body = co_await exchange("GET", "/v1/is-leader", parameter, "");
    const simdjson::dom::element answer = parse(body);
    bool leader = false;
    if (answer["leader"].get(leader)) throw not_a_sidecar();
    co_return leader;
  }

  asio::awaitable<settings_snapshot> get() override {
    std::string parameter = snapshot_parameter();
    std::string body = co_await exchange("GET", "/v1/settings", std::move(parameter), "");
    const simdjson::dom::element answer = parse(body);
    settings_snapshot now;
    simdjson::dom::object values;
    if (answer["index"].get(now.index) || answer["values"].get(values)) throw not_a_sidecar();
    for (const auto field : values) {
      std::string_view value;
      if (field.value.get(value)) throw not_a_sidecar();
      now.values.emplace(field.key, value);
    }
    co_return now;
  }

  asio::awaitable<void> set(leader_settings::changes changes) override {
    settings_snapshot wanted;
    wanted.values = std::move(changes);
    std::string body = wanted.text();
    std::string parameter = snapshot_parameter();  // which sees the changes from then on
    co_await exchange("PUT", "/v1/settings", std::move(parameter), std::move(body));
  }

 private:
  std::string snapshot_parameter() const {
    return address_.snapshot.empty() ? "" : "snapshot=" + address_.snapshot;
  }
  // Returns the body of the answer. `parameter`: NAME=VALUE for the query, besides the election.
  asio::awaitable<std::string> exchange(std::string method, std::string path, std::string parameter,
                                        std::string body) {
    std::string query = address_.election.empty() ? "" : "election=" + address_.election;
    if (!parameter.empty()) query += (query.empty() ? "" : "&") + parameter;
    const bool writes = method != "GET";
    runtime::http_request request(std::move(method), query.empty() ? path : path + "?" + query,
                                  std::move(body));
    toolkit::http_result trip =
        co_await client_.send(std::move(request), timers_->now() + patience);
    if (trip.error == consul_errc::timed_out) {
      throw tool_error("the sidecar at " + address_.socket + " did not answer in time" +
                       (writes ? ": it is not known whether the settings are stored" : ""));
    }
    if (trip.error) {
      throw tool_error("no sidecar answers at " + address_.socket + " (" + trip.error.message() +
                       "): start tenure sidecar with `control: {socket: " + address_.socket +
                       "}`, or set TENURE_SOCKET to its socket");
    }
    if (trip.response.status == 200) co_return std::move(trip.response.body);
    const simdjson::dom::element answer = parse(trip.response.body);
    std::string_view message;
    if (answer["error"].get(message)) throw not_a_sidecar();
    throw tool_error(std::string(message));
  }

  simdjson::dom::element parse(const std::string& body) {
    simdjson::dom::element answer;
    if (parser_.parse(body).get(answer)) throw not_a_sidecar();
    return answer;
  }
  tool_error not_a_sidecar() const {
    return tool_error("the server at " + address_.socket + " is not a tenure sidecar");
  }

  std::shared_ptr<runtime::timers> timers_;
  toolkit::http_client client_;
  sidecar_address address_;
  simdjson::dom::parser parser_;
};

}  // namespace

std::unique_ptr<leadership> leadership_by_sidecar(asio::any_io_executor executor,
                                                  sidecar_address address) {
  return std::make_unique<sidecar_leadership>(std::move(executor), std::move(address));
}

}  // namespace tenure::apps
