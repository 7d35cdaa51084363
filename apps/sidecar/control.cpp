#include "sidecar/control.hpp"

#include <sys/stat.h>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/control_socket.hpp"
#include "common/exit_codes.hpp"
#include "consul/documents.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "sidecar/promise.hpp"
#include "text/json_writer.hpp"
#include "wire/http_client.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration farewell = 1s;

/// A request that is answered by an error.
class refusal {
 public:
  refusal(unsigned status, std::string text) : status(status), text(std::move(text)) {}
  unsigned status;
  std::string text;
};

runtime::http_response json_answer(unsigned status, std::string body) {
  runtime::http_response answer(status, std::move(body));
  answer.headers.emplace_back("Content-Type", "application/json");
  return answer;
}

runtime::http_response error_answer(unsigned status, const std::string& text) {
  text::json_writer json;
  json.begin_object().key("error").value(text).end_object();
  return json_answer(status, json.take());
}

/// The path of a target, and its parameters: names and numbers, so nothing is escaped in them.
class asked_for {
 public:
  explicit asked_for(const std::string& target) {
    const std::size_t query = target.find('?');
    path = target.substr(0, query);
    for (std::size_t at = query; at != std::string::npos;) {
      const std::size_t end = target.find('&', at + 1);
      const std::string pair = target.substr(at + 1, end == std::string::npos ? end : end - at - 1);
      const std::size_t equals = pair.find('=');
      if (equals != std::string::npos) values[pair.substr(0, equals)] = pair.substr(equals + 1);
      at = end;
    }
  }
  std::optional<std::uint64_t> number(const char* name) const {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    std::uint64_t n = 0;
    const std::string& text = found->second;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || end != text.data() + text.size() || n > 86'400'000'000'000)
      throw refusal(400, "'" + text + "' is no " + name);
    return n;
  }

  std::string path;
  std::map<std::string, std::string> values;
};

class control_part final : public part, public wire::http_service {
 public:
  control_part(control_config config, surroundings& around)
      : config_(std::move(config)),
        around_(around),
        timers_(runtime::system_timers(around.executor)),
        tasks_(around.executor, *timers_, [log = around.log](std::exception_ptr) {
          log->log(log_level::error, "a request to the control socket failed");
        }) {
    wire::http_server_options options;
    options.header_limit = 16 * 1024;
    server_.emplace(around.executor, *timers_, *this, options);
    listen();
    // For the tools that hooks and commands run.
    ::setenv("TENURE_SOCKET", config_.socket.c_str(), 1);
  }

  std::shared_ptr<face> face_of(standing_election& e, const election_terms& of) override {
    const duration usual = of.guarantee.value_or(usual_guarantee);
    auto made = std::make_shared<governed>(e, of, usual, timers_);
    if (const std::string sum = made->too_far(made->guarantee()); !sum.empty())
      throw fatal_error(apps::exit_usage, "election '" + of.name + "': guarantee: " + sum);
    governed_.emplace(of.name, made);
    return made;
  }

  asio::awaitable<void> run() override {
    try {
      co_await runtime::sleep_until(*timers_, time_point::max());
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    server_->stop();
    tasks_.cancel();
    co_await tasks_.join();
    const time_point end = timers_->now() + farewell;
    while (server_->connections() > 0 && timers_->now() < end)
      co_await runtime::sleep_until(*timers_, timers_->now() + 10ms);
    std::error_code ignored;
    std::filesystem::remove(config_.socket, ignored);
  }

 private:
  void listen() {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(config_.socket).parent_path();
    const ::mode_t before = ::umask(0177);
    if (!folder.empty() && !std::filesystem::exists(folder, error)) {
      ::umask(0077);
      std::filesystem::create_directories(folder, error);
      ::umask(0177);
    }
    std::exception_ptr failed;
    try {
      server_->listen("unix://" + config_.socket);
    } catch (...) {
      failed = std::current_exception();
    }
    ::umask(before);
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (const boost::system::system_error& e) {
      const std::string text = e.what();
      const bool in_use = e.code() == boost::system::errc::address_in_use;
      throw fatal_error(in_use ? apps::exit_unavailable : apps::exit_usage,
                        "control: " + text.substr(0, text.rfind(" [")));
    }
  }

  void on_request(std::uint64_t id, runtime::http_request request) override {
    tasks_.spawn(serve(id, std::move(request)));
  }
  void on_closed(std::uint64_t) override {}

  asio::awaitable<void> serve(std::uint64_t id, runtime::http_request request) {
    runtime::http_response answer;
    try {
      runtime::http_response made = co_await answer_to(std::move(request));
      answer = std::move(made);
    } catch (const refusal& r) {
      answer = error_answer(r.status, r.text);
    } catch (const boost::system::system_error& e) {
      answer = error_answer(status_of(e.code()), text_of(e));
    }
    server_->respond(id, std::move(answer));
  }

  static unsigned status_of(const error_code& why) {
    if (why == errc::not_leading) return 409;
    if (why == errc::bad_argument) return 400;
    return 503;
  }
  static std::string text_of(const boost::system::system_error& e) {
    if (e.code() == errc::not_leading) return "not the leader";
    const std::string text = e.what();
    return text.substr(0, text.rfind(" ["));
  }

  asio::awaitable<runtime::http_response> answer_to(runtime::http_request request) {
    const asked_for what(request.target);
    const bool get = request.method == "GET";
    if (what.path == "/v1/elections" && get) co_return list();
    if (what.path == "/v1/is-leader" && get) {
      runtime::http_response answer = co_await is_leader(what);
      co_return answer;
    }
    if (what.path == "/v1/settings" && get) {
      runtime::http_response answer = co_await read(what);
      co_return answer;
    }
    if (what.path == "/v1/settings" && request.method == "PUT") {
      runtime::http_response answer = co_await write(what, std::move(request.body));
      co_return answer;
    }
    throw refusal(what.path.starts_with("/v1/") ? 405 : 404, "no such thing here");
  }

  std::shared_ptr<governed> of(const asked_for& what) const {
    const auto named = what.values.find("election");
    if (named == what.values.end() && governed_.size() == 1) return governed_.begin()->second;
    std::string names;
    for (const auto& [name, g] : governed_) names += (names.empty() ? "" : ", ") + name;
    if (named == what.values.end())
      throw refusal(400, "which election? TENURE_ELECTION or --election names one of " + names);
    const auto found = governed_.find(named->second);
    if (found == governed_.end())
      throw refusal(404, "there is no election '" + named->second + "', but " + names);
    return found->second;
  }

  leader_settings& store_of(governed& which) {
    const std::string& name = which.election().name();
    const auto found = stores_.find(name);
    if (found != stores_.end()) return found->second;
    const auto key = around_.settings_keys.find(name);
    return stores_
        .emplace(name, around_.elections.settings_in(
                           key != around_.settings_keys.end()
                               ? key->second
                               : leader_settings::key_for(which.election().handle().key())))
        .first->second;
  }

  runtime::http_response list() const {
    text::json_writer json;
    json.begin_object().key("elections").begin_array();
    for (const auto& [name, g] : governed_) json.value(name);
    json.end_array().end_object();
    return json_answer(200, json.take());
  }

  asio::awaitable<runtime::http_response> is_leader(asked_for what) {
    const auto which = of(what);
    const auto asked = what.number("guarantee_ms");
    const duration ahead =
        asked ? duration(std::chrono::milliseconds(*asked)) : which->guarantee();
    if (const std::string sum = which->too_far(ahead); !sum.empty()) throw refusal(422, sum);
    const bool leader = co_await which->is_leader(ahead);
    text::json_writer json;
    json.begin_object().key("leader").value(leader).end_object();
    co_return json_answer(200, json.take());
  }

  asio::awaitable<runtime::http_response> read(asked_for what) {
    const auto which = of(what);
    settings_snapshot now;
    if (const auto index = what.number("snapshot")) {
      const auto kept = around_.snapshots.find(which->election().name(), *index);
      if (!kept) throw refusal(404, "no hook runs on snapshot " + std::to_string(*index) +
                                        " any more: unset TENURE_SNAPSHOT for what is so now");
      now = *kept;
    } else {
      settings_snapshot fresh = co_await store_of(*which).get();
      now = std::move(fresh);
    }
    text::json_writer json;
    json.begin_object().key("index").value(now.index);
    json.key("values").raw(consul::settings_text(now.values)).end_object();
    co_return json_answer(200, json.take());
  }

  asio::awaitable<runtime::http_response> write(asked_for what, std::string body) {
    const auto which = of(what);
    auto changes = consul::parse_settings(std::move(body));
    if (!changes) throw refusal(400, "the body has to be a JSON object of strings");
    leader_settings::changes wanted = std::move(*changes);
    const term by = which->election().handle().current();
    co_await store_of(*which).set(by, std::move(wanted));
    co_return json_answer(200, "{}");
  }

  control_config config_;
  surroundings& around_;
  std::shared_ptr<runtime::timers> timers_;
  runtime::task_scope tasks_;
  std::map<std::string, std::shared_ptr<governed>> governed_;
  std::map<std::string, leader_settings> stores_;
  std::optional<wire::http_server> server_;
};

}  // namespace

part_factory read_control(const YAML::Node& block, mistakes& into) {
  const yaml_block read(block, "control", into, {"socket"});
  control_config made;
  made.socket = read.text("socket").value_or(apps::default_control_socket());
  if (made.socket.size() > 107)
    read.wrong("socket", "'" + made.socket + "' is longer than the 107 bytes of a unix socket");
  return [made](surroundings& around) -> std::shared_ptr<part> {
    return std::make_shared<control_part>(made, around);
  };
}

}  // namespace tenure::sidecar
