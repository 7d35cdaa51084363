// The options of Consul's own command line: where Consul is, and as whom to ask it.
#pragma once

#include <CLI/App.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/log.hpp>

namespace tenure::apps {

/// --http-addr, --token and the like. An option overrides its variable.
class consul_options {
 public:
  void add_to(CLI::App& app);
  /// The environment as every Consul tool reads it, and over it what the options say. A token file
  /// or a token command reports its failures to `log`. Throws usage_error and bad_configuration.
  consul_config config(std::shared_ptr<log_sink> log) const;

 private:
  CLI::Option* add_variable(CLI::App& app, const char* option, const char* variable,
                            const char* type, const char* help);
  void add_token_to(CLI::App& app);
  std::optional<std::string> variable(const char* name) const;
  void set_token(consul_config& to, std::shared_ptr<log_sink> log) const;

  std::map<std::string, std::string, std::less<>> overridden_;  ///< variables, by an option
  std::string token_;
  std::string token_file_;
  std::string token_command_;
  std::optional<duration> token_interval_;
  std::string datacenter_;
};

/// --stale, for a program that only reads.
void add_stale(CLI::App& app, bool& stale);

}  // namespace tenure::apps
