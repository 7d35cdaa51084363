// Asks the sidecar, over its control socket.
#include <simdjson.h>

#include <utility>

#include "consul/documents.hpp"
#include "tenure/leadership.hpp"
#include "wire/http_client.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration patience = 15s;

class sidecar_leadership final : public leadership {
 public:
  sidecar_leadership(asio::any_io_executor executor, std::string socket, std::string election,
                     std::string snapshot)
      : services_(wire::make_system_environment(std::move(executor),
                                              consul_config("unix://" + socket), silent_log())),
        socket_(std::move(socket)),
        election_(std::move(election)),
        snapshot_(std::move(snapshot)) {}

  asio::awaitable<bool> is_leader(std::optional<duration> ahead) override {
    std::string more;
    if (ahead) {
      const auto ms = std::chrono::ceil<std::chrono::milliseconds>(*ahead).count();
      more = "guarantee_ms=" + std::to_string(ms);
    }
    std::string body = co_await ask("GET", "/v1/is-leader", more, "");
    const simdjson::dom::element answer = parse(body);
    bool leader = false;
    if (answer["leader"].get(leader)) throw strange();
    co_return leader;
  }

  asio::awaitable<settings_snapshot> get() override {
    const std::string more = snapshot_.empty() ? "" : "snapshot=" + snapshot_;
    std::string body = co_await ask("GET", "/v1/settings", more, "");
    const simdjson::dom::element answer = parse(body);
    settings_snapshot now;
    simdjson::dom::object values;
    if (answer["index"].get(now.index) || answer["values"].get(values)) throw strange();
    for (const auto field : values) {
      std::string_view value;
      if (field.value.get(value)) throw strange();
      now.values.emplace(field.key, value);
    }
    co_return now;
  }

  asio::awaitable<void> set(leader_settings::changes changes) override {
    std::string body = consul::settings_text(changes);
    co_await ask("PUT", "/v1/settings", "", std::move(body));
  }

 private:
  asio::awaitable<std::string> ask(std::string method, std::string path, std::string more,
                                   std::string body) {
    std::string query = election_.empty() ? "" : "election=" + election_;
    if (!more.empty()) query += (query.empty() ? "" : "&") + more;
    runtime::http_request request(std::move(method),
                                  query.empty() ? path : path + "?" + query, std::move(body));
    request.headers.emplace_back("Host", "tenure");
    runtime::exchange_result trip =
        co_await services_->transport->exchange(runtime::lane::requests, std::move(request),
                                                services_->clock->now() + patience,
                                                runtime::on_stale::fail);
    if (trip.error) {
      throw tool_error("no sidecar answers at " + socket_ + " (" + trip.error.message() +
                       "): start tenure sidecar with `control: {socket: " + socket_ +
                       "}`, or name its socket by TENURE_SOCKET");
    }
    if (trip.response.status == 200) co_return std::move(trip.response.body);
    const simdjson::dom::element answer = parse(trip.response.body);
    std::string_view why;
    if (answer["error"].get(why)) throw strange();
    throw tool_error(std::string(why));
  }

  simdjson::dom::element parse(const std::string& body) {
    simdjson::dom::element answer;
    if (parser_.parse(body).get(answer)) throw strange();
    return answer;
  }
  tool_error strange() const {
    return tool_error("whatever answers at " + socket_ + " is no tenure sidecar");
  }

  std::shared_ptr<const runtime::environment> services_;
  std::string socket_;
  std::string election_;
  std::string snapshot_;
  simdjson::dom::parser parser_;
};

}  // namespace

std::unique_ptr<leadership> by_sidecar(asio::any_io_executor executor, std::string socket,
                                       std::string election, std::string snapshot) {
  return std::make_unique<sidecar_leadership>(std::move(executor), std::move(socket),
                                              std::move(election), std::move(snapshot));
}

}  // namespace tenure::apps
