#include "common/consul_options.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <tenure/token_source.hpp>
#include <utility>

#include "common/argument_checks.hpp"
#include "common/duration.hpp"
#include "common/options.hpp"

namespace tenure::apps {
namespace {

constexpr const char* consul_group = "Consul";
constexpr const char* tls_group = "TLS to Consul";

bool is_token(const std::string& variable) { return variable.starts_with("CONSUL_HTTP_TOKEN"); }

/// The token that a unit of systemd loads: LoadCredential=consul-token:...
std::optional<std::string> token_credential() {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return std::nullopt;
  std::string path = std::string(folder) + "/consul-token";
  if (::access(path.c_str(), F_OK) != 0) return std::nullopt;
  return path;
}

}  // namespace

CLI::Option* consul_options::add_variable(CLI::App& app, const char* option, const char* variable,
                                          const char* type, const char* help) {
  const auto set = [this, variable](const std::string& text) { overridden_[variable] = text; };
  return app
      .add_option_function<std::string>(option, set, std::string(help) + " [" + variable + "]")
      ->type_name(type)
      ->group(consul_group);
}

void consul_options::add_token_to(CLI::App& app) {
  app.add_option("--token", token_, "ACL token [CONSUL_HTTP_TOKEN]")
      ->type_name("TOKEN")
      ->group(consul_group);
  app.add_option("--token-file", token_file_,
                 "read the ACL token from this file, now and whenever it changes "
                 "[CONSUL_HTTP_TOKEN_FILE]")
      ->type_name("FILE")
      ->group(consul_group);
  app.add_option("--token-command", token_command_,
                 "a shell command whose first line is the ACL token, such as `vault read "
                 "-field=token consul/creds/NAME`; run again when Consul refuses the token")
      ->type_name("COMMAND")
      ->group(consul_group);
  add_duration(app, "--token-command-interval", token_interval_,
               "run the token command this often (default: 5m)")
      ->group(consul_group);
}

void consul_options::add_to(CLI::App& app) {
  add_variable(app, "--http-addr", "CONSUL_HTTP_ADDR", "ADDR",
               "Consul: host:port, http://host:port, https://host:port or unix:///path");
  add_token_to(app);
  app.add_option("--datacenter", datacenter_, "the datacenter, if it is not the agent's")
      ->type_name("NAME")
      ->group(consul_group);
  add_variable(app, "--namespace", "CONSUL_NAMESPACE", "NAME", "the namespace (Enterprise)");
  add_variable(app, "--partition", "CONSUL_PARTITION", "NAME", "the admin partition (Enterprise)");
  add_variable(app, "--ca-file", "CONSUL_CACERT", "FILE", "the authorities to trust (PEM)")
      ->group(tls_group);
  add_variable(app, "--ca-path", "CONSUL_CAPATH", "FOLDER", "a folder of such files")
      ->group(tls_group);
  add_variable(app, "--client-cert", "CONSUL_CLIENT_CERT", "FILE", "the certificate to show (PEM)")
      ->group(tls_group);
  add_variable(app, "--client-key", "CONSUL_CLIENT_KEY", "FILE", "its key (PEM)")
      ->group(tls_group);
  add_variable(app, "--tls-server-name", "CONSUL_TLS_SERVER_NAME", "NAME",
               "the name in the server's certificate, if it is not the host of the address")
      ->group(tls_group);
}

// A variable that an option overrides is not read at all: it may be wrong.
std::optional<std::string> consul_options::variable(const char* name) const {
  if (const auto found = overridden_.find(name); found != overridden_.end()) return found->second;
  const bool has_token = !token_.empty() || !token_file_.empty() || !token_command_.empty();
  if (has_token && is_token(name)) return std::nullopt;
  const char* value = std::getenv(name);
  if (value != nullptr) return std::optional<std::string>(value);
  const bool other_token = std::getenv("CONSUL_HTTP_TOKEN") != nullptr;
  const bool is_file = std::string_view(name) == "CONSUL_HTTP_TOKEN_FILE";
  return is_file && !other_token ? token_credential() : std::nullopt;
}

void consul_options::set_token(consul_config& to, std::shared_ptr<log_sink> log) const {
  if (!token_command_.empty() && !(token_.empty() && token_file_.empty()))
    throw usage_error("--token-command: leave out --token and --token-file beside it");
  if (token_interval_ && token_command_.empty())
    throw usage_error("--token-command-interval: there is no --token-command");
  if (!token_command_.empty()) {
    to.token(token_from_command(token_command_, token_interval_.value_or(std::chrono::minutes(5)),
                                std::move(log)));
  } else if (token_file_.empty()) {
    if (token_.empty()) return;
    to.token(token_);
    try {
      consul_access().token(token_).check();
    } catch (const bad_configuration& e) {
      throw usage_error(std::string("--token: ") + e.what());
    }
  } else {  // comes before --token, as in Consul's tools
    try {
      to.token(token_from_file(token_file_, std::move(log)));
    } catch (const bad_configuration& e) {
      throw usage_error(std::string("--token-file: ") + e.what());
    }
  }
}

consul_config consul_options::config(std::shared_ptr<log_sink> log) const {
  const auto address = overridden_.find("CONSUL_HTTP_ADDR");
  // Here and not as a variable, which the message would name.
  if (address != overridden_.end() && !address->second.empty()) consul_config(address->second);
  consul_config made =
      consul_config::from([this](const char* name) { return variable(name); }, log);
  if (!datacenter_.empty()) made.access(consul_access(made.access()).datacenter(datacenter_));
  set_token(made, std::move(log));
  made.access().check();
  return made;
}

void add_stale(CLI::App& app, bool& stale) {
  app.add_flag("--stale", stale,
               "let any server answer, also without its leader: spares the leader, and may show "
               "an old one")
      ->group(consul_group);
}

}  // namespace tenure::apps
