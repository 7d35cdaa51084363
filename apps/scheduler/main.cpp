// scheduler: an example of many elections in one process. Start two or more processes with the same
// tenants, shards and ledger: each shard is worked by exactly one of them.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>

#include "common/argument_checks.hpp"
#include "common/candidacy_errors.hpp"
#include "common/group_options.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/secret_arguments.hpp"
#include "common/standard_streams.hpp"
#include "scheduler/scheduler.hpp"

namespace {

namespace asio = boost::asio;
namespace apps = tenure::apps;

// Consul accepts 200 connections from one address. This leaves room for two processes on a host.
constexpr std::size_t connections = 80;

struct arguments {
  apps::common_options common;
  scheduler::settings settings;
  std::optional<tenure::duration> span;
  std::optional<tenure::duration> ttl;
  std::optional<tenure::duration> liveness;
  std::optional<tenure::duration> pause;
  apps::group_options group;
  std::optional<tenure::duration> settling;
  std::optional<std::uint32_t> moves;
};

std::optional<apps::group_membership> membership_of(const arguments& a,
                                                    const tenure::candidacy& profile,
                                                    const std::string& default_name) {
  auto made = a.group.membership_with(profile, default_name);
  if (made && a.settling) made->how.settling_time(*a.settling);
  if (made && a.moves) made->how.moves_per_second(*a.moves);
  if (made) made->how.check();
  return made;
}

int run(arguments a) {
  const std::string member = a.settings.name.empty() ? apps::host_name() : a.settings.name;
  if (a.settings.name.empty()) a.settings.name = apps::host_and_pid();
  if (a.pause) a.settings.pause = *a.pause;
  tenure::candidacy profile(a.settings.name);
  if (a.span) profile.span(*a.span);
  if (a.ttl) profile.ttl(*a.ttl);
  apps::check_candidacy(profile);
  a.settings.group = membership_of(a, profile, member);
  tenure::consul_config consul = a.common.consul();
  consul.connections(connections);
  tenure::elections_options options;
  options.name("scheduler");
  options.liveness(a.liveness);
  options.log(a.common.log());
  const auto metrics = std::make_shared<tenure::metrics_registry>();
  options.metrics(metrics);

  asio::io_context io(1);
  scheduler::scheduler service(io, consul, options, profile, metrics, a.settings);
  asio::signal_set signals(io);
  apps::catch_signals(signals, {SIGINT, SIGTERM, SIGHUP});
  signals.async_wait([&](const auto& error, int) {
    if (!error) service.stop();
  });
  int code = apps::exit_ok;
  asio::co_spawn(io, service.run(), [&](std::exception_ptr failure) {
    signals.cancel();
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      apps::print_error("scheduler: %s\n", e.what());
      code = apps::exit_unavailable;
    }
  });
  io.run();
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  apps::open_standard_streams();
  const std::vector<std::string> line = apps::take_arguments(argc, argv);
  CLI::App app("Works the shards of many tenants. Each shard is worked by one process of many.",
               "scheduler");
  arguments a;
  app.add_option("--tenants", a.settings.tenants, "tenants to enter at the start (default: 10)")
      ->check(apps::whole_number(0, 100'000));
  app.add_option("--shards", a.settings.shards_per_tenant, "shards of each (default: 20)")
      ->check(apps::whole_number(1, 100'000));
  app.add_option("--workers", a.settings.worker_threads, "worker threads (default: 4)")
      ->check(apps::whole_number(1, 1'000));
  app.add_option("--name", a.settings.name, "the name of this process (default: host:pid)");
  app.add_option("--prefix", a.settings.prefix, "the beginning of the keys (default: scheduler)");
  app.add_option("--ledger", a.settings.ledger_folder, "the folder for the ledger")
      ->required()
      ->check(CLI::ExistingDirectory);
  apps::add_duration(app, "--pause", a.pause, "between two steps of a shard (default: 200ms)");
  apps::add_duration(app, "--span", a.span, "the span of the lease (default: 15s)");
  apps::add_duration(app, "--ttl", a.ttl, "TTL of the session (default: 15s)");
  apps::add_liveness(app, a.liveness);
  a.group.add_to(app);
  apps::add_duration(app, "--settling", a.settling,
                     "how long a new member gets only free shards (default: 10s)");
  app.add_option("--moves", a.moves, "shards that this member moves a second (default: 100)")
      ->check(apps::whole_number(1, 1'000'000'000));
  app.add_flag("--commands", a.settings.read_commands,
               "read lines \"enter TENANT\" and \"leave TENANT\" on standard input");
  a.common.add_to(app, "warn");
  const std::vector<const char*> words = apps::pointers_to(line);
  return apps::parse_and_run(app, argc, words.data(), [&] { return run(a); });
}
