// The two servers of a sidecar through their sockets: the status API and the control socket that
// the tools of hooks use. It has one election, which it leads.
#include <memory>
#include <string>
#include <tenure/metrics.hpp>
#include <tenure/outage_log.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <tenure/toolkit/task_scope.hpp>

#include "http_stage.hpp"
#include "sidecar/control/api.hpp"
#include "sidecar/http/api.hpp"
#include "target.hpp"
#include "testing/simulated_process.hpp"

namespace {

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;
namespace asio = boost::asio;

class no_commands final : public command::command_host {
 public:
  explicit no_commands(asio::any_io_executor on) : executor_(std::move(on)) {}
  std::shared_ptr<command::supervised_command> start(const command::invocation&,
                                                     command::lease_times) override {
    fuzz::require(false, "no request starts a command");
    return nullptr;
  }
  const asio::any_io_executor& executor() const noexcept override { return executor_; }

 private:
  asio::any_io_executor executor_;
};

class led_election final : public entered_election {
 public:
  explicit led_election(election e) : handle_(std::move(e)) {}
  const std::string& name() const noexcept override { return name_; }
  election& handle() noexcept override { return handle_; }
  const election_state& state() const noexcept override { return state_; }
  void set_healthy(const output&, bool) override {}

 private:
  const std::string name_ = "db";
  election handle_;
  election_state state_;
};

/// As the sidecar's control socket.
class control_server final : public wire::http_service {
 public:
  control_server(asio::any_io_executor on, runtime::timers& timers, context& with)
      : api(with),
        tasks_(on, timers, [](std::exception_ptr) {
          fuzz::require(false, "a request is answered, whatever it is");
        }),
        server_(on, timers, *this, options()) {
    server_.listen(fuzz::socket_address());
  }

  control_api api;

 private:
  static wire::http_server_options options() {
    wire::http_server_options made;
    made.header_limit = 16 * 1024;
    return made;
  }
  void on_request(std::uint64_t id, runtime::http_request r) override {
    tasks_.spawn(serve(id, std::move(r)));
  }
  void on_closed(std::uint64_t) override {}
  asio::awaitable<void> serve(std::uint64_t id, runtime::http_request r) {
    request what(std::move(r));
    runtime::http_response response = co_await api.serve(std::move(what));
    server_.respond(id, std::move(response));
  }

  runtime::task_scope tasks_;
  wire::http_server server_;
};

/// A sidecar without the program around it. It serves any number of inputs.
class stage {
 public:
  stage()
      : agent_(runtime_),
        process_(runtime_, runtime_.main_loop(), agent_, elections_options(), consul_config()),
        commands_(runtime_.executor()),
        log_(silent_log()),
        context_(runtime_.executor(), consul_, *process_.elections, commands_, log_,
                 std::make_shared<outage_log>(log_), std::make_shared<metrics_registry>()),
        options_("db", "service/db/leader", how()),
        election_(process_.elections->enter("service/db/leader", how())) {
    election_.handle().stand();
    const bool leads = runtime_.run_until([&] { return election_.handle().current().holds(); });
    fuzz::require(leads, "it leads");
  }

  void serve_status(std::string_view bytes) {
    auto env = std::make_shared<output_environment>();
    env->executor = runtime_.executor();
    env->timers = runtime_.environment()->timers;
    env->log = log_;
    env->outages = context_.outages;
    http_api api(http_config(), runtime_.executor(), runtime_.timers(), context_.metrics, env,
                 context_.groups, log_);
    api.add(election_, options_);
    api.listen(fuzz::socket_address(), {.elections = true, .probes = true, .metrics = true});
    fuzz::check_server(runtime_, bytes, "/healthz");
    api.stop();
    runtime_.run_until_idle();
  }

  void serve_control(std::string_view bytes) {
    control_server server(runtime_.executor(), runtime_.timers(), context_);
    server.api.add("db", std::make_shared<control_election>(election_, options_,
                                                            runtime_.environment()->timers));
    fuzz::check_server(runtime_, bytes, "/v1/elections");
  }

 private:
  static candidacy how() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

  testing::manual_runtime runtime_;
  testing::in_process_agent agent_;
  testing::simulated_process process_;
  no_commands commands_;
  const consul_config consul_;
  std::shared_ptr<log_sink> log_;
  context context_;
  election_options options_;
  led_election election_;
};

void serve(std::string_view input) {
  static stage& sidecar = *new stage();  // it outlives the statics of the library
  if (fuzz::take_choice(input, 2) == 0) {
    sidecar.serve_status(input);
  } else {
    sidecar.serve_control(input);
  }
}

const fuzz::target it("sidecar_http", serve);

}  // namespace
