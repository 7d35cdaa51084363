// Command-line options and their parsing, as all programs share them.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <tenure/log.hpp>
#include <utility>

#include "common/consul_options.hpp"
#include "common/duration.hpp"
#include "common/exit_codes.hpp"
#include "common/log/program_log.hpp"

namespace tenure::apps {

/// The options of consul_options, and --log-level.
class common_options {
 public:
  /// Adds the options to `app`; after parsing, the functions below return what they say.
  void add_to(CLI::App& app, const char* default_level);

  /// See consul_options::config().
  consul_config consul() const { return consul(log()); }
  consul_config consul(std::shared_ptr<log_sink> log) const {
    return consul_.config(std::move(log));
  }
  log_level level() const;
  std::shared_ptr<log_sink> log() const { return program_log(level()); }

 private:
  consul_options consul_;
  std::string level_;
};

/// Adds an option that takes a duration. Parsing refuses a bad one. `variable`: the environment
/// variable that is read in its place, or nullptr.
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::optional<duration>& value,
                          const std::string& help, const char* variable = nullptr);

/// --liveness.
void add_liveness(CLI::App& app, std::optional<duration>& value);

/// The text of a file. Throws usage_error if it cannot be read.
std::string read_file(const std::string& name);

/// Adds signals to `set` and unblocks them, except those that the parent process set to be ignored,
/// as nohup does, or a shell that starts a background job.
void catch_signals(boost::asio::signal_set& set, std::initializer_list<int> numbers);

/// The name of this host.
std::string host_name();

/// `host:pid`: what a candidate publishes by default.
std::string host_and_pid();

/// What an error of the library says, without the text of its code.
std::string detail_of(const boost::system::system_error& error);
/// One line about a request to Consul that failed: the reason, the address, and the remedy if
/// Consul does not answer at all.
std::string consul_error_text(const consul_config& config, const error_code& error);
/// The same with the request that failed, if it lacked a right. `policy`: the words after
/// `tenure policy` that print the rules.
std::string consul_error_text(const consul_config& config, const boost::system::system_error& error,
                              const std::string& policy);

/// Consul is out of reach, or refuses the request. what() is one line.
class unavailable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes the last lines of standard_output() and standard_error(), unless their readers are stuck.
/// Returns `code`, for main() to return.
int end_program(int code);

/// Parses the command line and calls `run`. Returns the program's exit code: what `run` returns; 0
/// after --help and --version; 64 for bad usage (usage_error and bad_configuration included), 69
/// for unavailable and 71 for any other exception, each with one line on standard error. Ends with
/// end_program(). `remedy`: what to do about words that were not expected.
int parse_and_run(CLI::App& app, int argc, const char* const* argv,
                  const std::function<int()>& run, const std::string& remedy = std::string());

}  // namespace tenure::apps
