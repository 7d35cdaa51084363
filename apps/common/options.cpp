#include "common/options.hpp"

#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <tenure/toolkit/input_file.hpp>
#include <vector>

#include "common/log/line_writer.hpp"
#include "common/option_sources.hpp"
#include "common/output.hpp"
#include "common/unknown_option.hpp"
#include "common/utf8_text.hpp"

namespace tenure::apps {
namespace {

// CLI11 converts the values of flags alone: a check refuses the bad value of any other option.
std::string bad_flag(std::string_view message) {
  constexpr std::string_view begin = "Could not convert: ";
  constexpr std::string_view middle = " = ";
  const std::size_t at = message.find(middle);
  if (!message.starts_with(begin) || at == message.npos) return {};
  const std::string_view name = message.substr(begin.size(), at - begin.size());
  const std::string_view value = message.substr(at + middle.size());
  return std::string(name) + ": '" + std::string(value) + "' is neither true nor false";
}

// An option that is given has a value: an empty variable of a script is a mistake, and many options
// without a value mean less protection.
void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (!option->nonpositional()) continue;
    // Before the checks of the value.
    option->transform(CLI::Validator(
        [](std::string& text) {
          return text.empty() ? "the value is empty: give one, or leave the option out"
                              : std::string();
        },
        ""));
  }
  for (CLI::App* command : app.get_subcommands(nullptr)) refuse_empty_values(*command);
}

// "tenure run", if the command line was parsed as far as the subcommand.
std::string full_name(const CLI::App& app) {
  std::string name = app.get_name();
  for (const CLI::App* sub : app.get_subcommands()) name += ' ' + full_name(*sub);
  return name;
}

}  // namespace

void common_options::add_to(CLI::App& app, const char* default_level) {
  level_ = default_level;
  consul_.add_to(app);
  app.add_option("--log-level", level_, "trace, debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->envname("TENURE_LOG_LEVEL")
      ->capture_default_str();
}

log_level common_options::level() const {
  try {
    return parse_log_level(level_);
  } catch (const bad_configuration& e) {
    throw usage_error(std::string("--log-level: ") + e.what());
  }
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, std::optional<duration>& value,
                          const std::string& help, const char* variable) {
  // Throwing here makes CLI11 name the option.
  const auto read = [&value, name](const std::string& text) {
    try {
      value = parse_duration(text);
    } catch (const usage_error& e) {
      throw CLI::ValidationError(name, e.what());
    }
  };
  CLI::Option* option = app.add_option_function<std::string>(name, read, help);
  option->type_name("TIME");
  if (variable != nullptr) option->envname(variable);
  return option;
}

void add_liveness(CLI::App& app, std::optional<duration>& value) {
  CLI::Option* option = add_duration(
      app, "--liveness", value,
      "detect a crash within this time, 500ms to 10m, by a TTL check in the local Consul "
      "agent; needs Consul 1.7 (default: detect it by the TTL of the session)",
      "TENURE_LIVENESS");
  // Checks the text again, so that CLI11 names the option.
  option->check([](const std::string& text) {
    using namespace std::chrono_literals;
    try {
      const duration d = parse_duration(text);
      const bool good = d >= 500ms && d <= 10min;
      return good ? "" : to_text(d) + " is out of range: choose 500ms to 10m, or leave it out";
    } catch (const usage_error&) {
      return std::string();  // add_duration() refuses it
    }
  });
}

std::string read_file(const std::string& name) {
  runtime::input_file file = runtime::read_input(name);
  if (!file.problem.empty()) throw usage_error("cannot read '" + name + "': " + file.problem);
  return std::move(file.text);
}

void catch_signals(boost::asio::signal_set& set, std::initializer_list<int> numbers) {
  sigset_t caught;
  ::sigemptyset(&caught);
  for (const int number : numbers) {
    struct sigaction now = {};
    const bool ignored = ::sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
    if (ignored) continue;
    set.add(number);
    ::sigaddset(&caught, number);
  }
  // The parent process may have blocked them.
  ::pthread_sigmask(SIG_UNBLOCK, &caught, nullptr);
}

std::string host_name() {
  char host[HOST_NAME_MAX + 1] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return host[0] != '\0' ? host : "localhost";
}

std::string host_and_pid() { return host_name() + ':' + std::to_string(::getpid()); }

std::string consul_error_text(const consul_config& config, const error_code& error) {
  std::string line = error.message() + " (" + config.address() + ")";
  if (error == consul_errc::unreachable || error == consul_errc::timed_out)
    line += "; set CONSUL_HTTP_ADDR or --http-addr to use another address";
  return line;
}

std::string detail_of(const boost::system::system_error& error) {
  const std::string all = error.what();
  return all.substr(0, all.rfind(": " + error.code().what()));
}

std::string consul_error_text(const consul_config& config, const boost::system::system_error& error,
                              const std::string& policy) {
  const std::string line = detail_of(error);
  const bool lacks = line.find(" lacks ") != line.npos;
  if (error.code() == consul_errc::forbidden && lacks)
    return line + "; tenure policy " + policy + " prints the whole policy";
  const std::string server = " at " + config.address() + ": ";
  const auto at = line.find(server);
  if (at == line.npos) return consul_error_text(config, error.code());
  if (error.code() == consul_errc::forbidden) return line;
  const std::string why = line.substr(at + server.size());
  if (error.code() != consul_errc::unreachable && error.code() != consul_errc::timed_out)
    return consul_error_text(config, error.code()) + ": " + why;
  // Another address does not help at a limit of connections.
  if (why.find("more connections") == why.npos) return consul_error_text(config, error.code());
  return error.code().message() + " (" + config.address() + "): " + why;
}

namespace {

int parse_and_try(CLI::App& app, int argc, const char* const* argv,
                  const std::function<int()>& run, const std::string& remedy) {
  std::string problem;
  try {
    read_only_used_variables(app);
    refuse_empty_values(app);
    app.parse(argc, argv);
    refuse_ignored_variables(app);
    require_utf8_options(app);
    return run();
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
      std::ostringstream asked_for;  // the help, or the version
      app.exit(e, asked_for, asked_for);
      print_text(asked_for.str());
      return exit_ok;
    }
    problem = unknown_option(app);
    const bool left = e.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
    if (problem.empty() && left) problem = unexpected_words(app);
    if (!problem.empty() && !remedy.empty()) problem += "; " + remedy;
    if (problem.empty()) problem = bad_flag(e.what());
    if (problem.empty()) problem = e.what();
  } catch (const usage_error& e) {
    problem = e.what();
  } catch (const bad_configuration& e) {
    problem = e.what();
  } catch (const unavailable& e) {
    print_error("%s: %s\n", full_name(app).c_str(), e.what());
    return exit_unavailable;
  } catch (const boost::system::system_error& e) {
    const std::string line = e.what();
    const bool files = e.code() == boost::system::errc::too_many_files_open;
    print_error("%s: %s%s\n", full_name(app).c_str(), line.substr(0, line.rfind(" [")).c_str(),
                files ? "; raise the limit of open files: ulimit -n, or LimitNOFILE= of the unit"
                      : "");
    return exit_machine;
  } catch (const std::exception& e) {  // no memory, no descriptors, ...
    print_error("%s: %s\n", full_name(app).c_str(), e.what());
    return exit_machine;
  }
  const std::string line = name_variables(app, std::move(problem));
  print_error("%s: %s (see --help)\n", full_name(app).c_str(), line.c_str());
  return exit_usage;
}

}  // namespace

int parse_and_run(CLI::App& app, int argc, const char* const* argv,
                  const std::function<int()>& run, const std::string& remedy) {
  ::signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit of `ulimit -f` fails, as on a full disk
  return end_program(parse_and_try(app, argc, argv, run, remedy));
}

int end_program(int code) {
  flush_output();
  const time_point end = boot_clock::now() + line_writer::last_lines_timeout;
  const bool written = standard_output().flush();
  if (!standard_error().flush(end - boot_clock::now()) || !written)
    std::_Exit(code);  // a reader is stuck
  return code;
}

}  // namespace tenure::apps
