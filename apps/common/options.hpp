// What the programs' command lines have in common.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>

#include "common/duration.hpp"
#include "common/exit_codes.hpp"

namespace tenure::apps {

/// --http-addr, --token, --token-file and --log-level.
class common_options {
 public:
  /// Adds the options to `app`; they are read by what follows, after parsing. `level`: how much is
  /// logged unless told otherwise.
  void add_to(CLI::App& app, const char* level);

  /// The environment as every Consul tool reads it, and the options over it. Throws usage_error.
  consul_config consul() const;
  log_level level() const;
  std::shared_ptr<log_sink> log() const { return stderr_log(level()); }

 private:
  std::string address_;
  std::string token_;
  std::string token_file_;
  std::string level_;
};

/// An option that takes a duration. A bad one is refused while the line is parsed. `variable`: an
/// environment variable that stands for the option, or nullptr.
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::optional<duration>& into,
                          const std::string& help, const char* variable);

/// --liveness.
void add_liveness(CLI::App& app, std::optional<duration>& into);

/// The whole of a file. Throws usage_error.
std::string read_file(const std::string& name);

/// Catches signals, but for those that whoever started us wants ignored: nohup, or a shell that put
/// us into the background.
void catch_signals(boost::asio::signal_set& set, std::initializer_list<int> numbers);

/// `host:pid`: what a candidate publishes unless told otherwise.
std::string default_value();

/// Parses and runs: `run` where the line is right; help and version on standard output, exit 0; one
/// line on standard error and exit 64 for what cannot work (usage_error, bad_configuration
/// included), exit 71 where the machine lacks something. Returns the program's exit code.
int parse_and_run(CLI::App& app, int argc, const char* const* argv,
                  const std::function<int()>& run);

}  // namespace tenure::apps
