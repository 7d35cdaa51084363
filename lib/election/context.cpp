#include "election/context.hpp"

#include <exception>
#include <utility>

#include "runtime/keep_alive.hpp"
#include "wire/http_client.hpp"

namespace tenure::impl {

namespace asio = boost::asio;
namespace {

// A fifth of the request connections is left for what does not come in bulk.
std::size_t bulk_connections(const consul_config& config) {
  return wire::lane_limits::divide(config.connections()).requests * 4 / 5;
}

elections_options checked(elections_options options) {
  options.check();
  return options;
}

// The options' sink becomes a part of the environment, with which everything below is made.
std::shared_ptr<const runtime::environment> with_metrics(
    std::shared_ptr<const runtime::environment> environment, const elections_options& options) {
  if (!options.metrics()) return environment;
  auto metered = std::make_shared<runtime::environment>(*environment);
  metered->metrics = options.metrics();
  return metered;
}

}  // namespace

std::function<void(std::exception_ptr)> log_failures(std::shared_ptr<log_sink> log) {
  return [log = std::move(log)](std::exception_ptr thrown) {
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (const std::exception& e) {
      log->log(log_level::error, "task failed", {{"what", e.what()}});
    } catch (...) {
      log->log(log_level::error, "task failed");
    }
  };
}

context::context(std::shared_ptr<const runtime::environment> environment, consul_config config,
                 elections_options its_options)
    : env(with_metrics(std::move(environment), its_options)),
      options(checked(std::move(its_options))),
      client(env, std::move(config)),
      polls(wire::lane_limits::divide(client.config().connections()).polls, options.wait()),
      tasks(env->executor, *env->timers, log_failures(env->log)),
      locks(std::make_shared<lock_queue>(env, client, spawner(),
                                         bulk_connections(client.config()))),
      watches(env, client, polls, spawner(), [this] { locks->send(); }),
      sessions(env, client, spawner(), options),
      spans(env, client, spawner()),
      events(*env) {}

context::~context() { watches.stop(); }

spawn_function context::spawner() {
  return [this](asio::awaitable<void> task) {
    tasks.spawn(runtime::keep_alive(std::move(task), shared_from_this()));
  };
}

}  // namespace tenure::impl
