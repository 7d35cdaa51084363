#include "election/context.hpp"

#include <exception>
#include <tenure/outage_log.hpp>
#include <utility>

#include "election/errors.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

namespace {

// The options' sinks become a part of the environment, with which everything below is made.
std::shared_ptr<const runtime::environment> with_sinks(const runtime::environment& env,
                                                       const elections_options& options) {
  auto own = std::make_shared<runtime::environment>(env);
  own->log = options.log();
  own->metrics = options.metrics();
  own->outages = options.outages() ? options.outages() : std::make_shared<outage_log>(own->log);
  return own;
}

// As a part of the connections, which it keeps alive.
std::shared_ptr<turn_queue> turns_of(const std::shared_ptr<connections>& shared,
                                     turn_queue& turns) {
  return std::shared_ptr<turn_queue>(shared, &turns);
}

consul_config configured(consul_config config, const elections_options& options) {
  if (options.access()) config.access(*options.access());
  return config;
}

elections_options checked(elections_options options) {
  options.check();
  return options;
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

context::context(std::shared_ptr<impl::connections> shared_connections,
                 elections_options its_options)
    : connections(std::move(shared_connections)),
      env(with_sinks(*connections->env, its_options)),
      executor(std::make_shared<const asio::any_io_executor>(env->executor)),
      options(checked(std::move(its_options))),
      client(env, configured(connections->config, options)),
      tasks(env->executor, *env->timers, log_failures(env->log)),
      limit(std::make_shared<transaction_limit>(env->log)),
      locks(std::make_shared<lock_queue>(env, client, spawner(),
                                         turns_of(connections, connections->lock_batches),
                                         limit)),
      writes(std::make_shared<write_queue>(env, client, spawner(),
                                           turns_of(connections, connections->lock_batches),
                                           limit)),
      watches(env, client, connections->polls, options.wait(), spawner(),
              [this] { locks->send(); }),
      unwanted(env, client, watches, spawner()),
      sessions(env, client, spawner(), options,
               turns_of(connections, connections->proof_batches), limit),
      inquiry(env, client, spawner()),
      spans(env, client, spawner()),
      events(*env),
      names(env) {}

context::~context() { watches.stop(); }

void context::check_open() const {
  if (shutting_down) fail(errc::shut_down, "the elections object is shut down");
}

spawn_function context::spawner() {
  return [this](asio::awaitable<void> task) {
    tasks.spawn(runtime::keep_alive(std::move(task), shared_from_this()));
  };
}

}  // namespace tenure::impl
