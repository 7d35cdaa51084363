#include "sidecar/control/socket.hpp"

#include <sys/stat.h>

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>

#include "common/control_socket.hpp"
#include "common/exit_codes.hpp"
#include "common/http/protection.hpp"
#include "common/yaml_map.hpp"
#include "sidecar/config/guarantee.hpp"
#include "sidecar/control/api.hpp"
#include "sidecar/reconcile/socket_keeper.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration drain_timeout = 1s;  // for clients to read their responses at the end
constexpr duration drain_interval = 10ms;
constexpr std::size_t header_limit = 16 * 1024;
constexpr std::size_t most_connections = 1000;
constexpr std::size_t max_socket_path = 107;  // sockaddr_un::sun_path, without its NUL

std::string text_of(std::exception_ptr failure) {
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const std::exception& e) {
    return e.what();
  }
}

/// Permissions of new files, while it exists.
class scoped_umask {
 public:
  explicit scoped_umask(::mode_t mask) : before_(::umask(mask)) {}
  scoped_umask(const scoped_umask&) = delete;
  scoped_umask& operator=(const scoped_umask&) = delete;
  ~scoped_umask() { ::umask(before_); }

 private:
  ::mode_t before_;
};

class control_socket final : public component, public wire::http_service {
 public:
  control_socket(std::string path, context& with)
      : path_(std::move(path)),
        timers_(runtime::system_timers(with.executor)),
        api_(with),
        keeper_(with.environment()),
        tasks_(with.executor, *timers_, [log = with.log](std::exception_ptr failure) {
          log->log(log_level::error, "control request failed",
                   {log_field("error", text_of(std::move(failure)))});
        }) {
    wire::http_server_options options;
    options.header_limit = header_limit;
    options.connections = most_connections;
    server_.emplace(with.executor, *timers_, *this, options);
    listen();
    // For the tools that hooks and commands call.
    ::setenv("TENURE_SOCKET", path_.c_str(), 1);
  }

  std::shared_ptr<output> make_output(entered_election& election,
                                      const election_options& options) override {
    auto made = std::make_shared<control_election>(election, options, timers_);
    if (const std::string error = error_in(options); !error.empty())
      throw fatal_error(apps::exit_usage, "election '" + options.name + "': " + error);
    api_.add(options.name, made);
    return made;
  }
  std::string error_in(const election_options& options) const override {
    const std::string error = sidecar::guarantee_error(
        options.guarantee.value_or(default_guarantee), options.candidacy);
    return error.empty() ? error : "guarantee: " + error;
  }
  void remove(const std::string& name) override { api_.remove(name); }

  asio::awaitable<void> run() override {
    try {
      for (;;) {
        co_await runtime::sleep_until(*timers_, timers_->now() + socket_keeper::interval);
        keeper_.keep(server_->lost_sockets(), [this](const std::string&) { listen(); });
      }
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    server_->stop();
    tasks_.cancel();
    co_await tasks_.join();
    const time_point end = timers_->now() + drain_timeout;
    while (server_->connections() > 0 && timers_->now() < end)
      co_await runtime::sleep_until(*timers_, timers_->now() + drain_interval);
  }

 private:
  void listen() {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    if (!folder.empty() && !std::filesystem::exists(folder, error)) {
      const scoped_umask for_owner(0077);
      std::filesystem::create_directories(folder, error);
    }
    const scoped_umask for_owner(0177);
    try {
      server_->listen("unix://" + path_);
    } catch (const boost::system::system_error& e) {
      const std::string text = e.what();
      throw fatal_error(apps::exit_code_of_listening(e.code()),
                        "control: " + text.substr(0, text.rfind(" [")));
    }
  }

  void on_request(std::uint64_t id, runtime::http_request r) override {
    tasks_.spawn(serve(id, std::move(r)));
  }
  void on_closed(std::uint64_t) override {}

  asio::awaitable<void> serve(std::uint64_t id, runtime::http_request r) {
    request what(std::move(r));
    runtime::http_response response = co_await api_.serve(std::move(what));
    server_->respond(id, std::move(response));
  }

  std::string path_;
  std::shared_ptr<runtime::timers> timers_;
  control_api api_;
  socket_keeper keeper_;
  runtime::task_scope tasks_;
  std::optional<wire::http_server> server_;
};

}  // namespace

component_factory read_control(const YAML::Node& block, apps::config_errors& errors) {
  const apps::yaml_map map(block, "control", errors, {"socket"});
  const std::string path = map.text("socket").value_or(apps::default_control_socket());
  if (path.size() > max_socket_path)
    map.error("socket", "'" + path + "' is too long: the path of a unix socket has at most " +
                            std::to_string(max_socket_path) + " bytes");
  return [path](context& with) -> std::shared_ptr<component> {
    return std::make_shared<control_socket>(path, with);
  };
}

}  // namespace tenure::sidecar
