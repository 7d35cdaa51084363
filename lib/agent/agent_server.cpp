// The public face of the server.
#include <tenure/agent.hpp>
#include <utility>

#include "agent/server.hpp"
#include "runtime/environment.hpp"

namespace tenure {
namespace {

/// The agent sends no requests, so it has no transport.
runtime::environment environment_of(boost::asio::any_io_executor executor,
                                    std::shared_ptr<log_sink> log) {
  runtime::environment made;
  made.executor = executor;
  made.clock = runtime::system_boot_clock();
  made.timers = runtime::system_timers(std::move(executor));
  made.random = runtime::system_random();
  made.log = std::move(log);
  return made;
}

std::optional<wire::server_tls_files> tls_files_of(const agent_options& options) {
  const bool certificate = !options.tls_cert().empty();
  if (certificate != !options.tls_key().empty()) {
    throw bad_configuration("TLS needs a certificate and a key, not one of them alone");
  }
  if (!certificate && !options.tls_client_ca().empty()) {
    throw bad_configuration("the client CA needs a certificate and a key of the agent, too");
  }
  if (!certificate) return std::nullopt;
  return wire::server_tls_files{options.tls_cert(), options.tls_key(), options.tls_client_ca()};
}

wire::http_access access_of(const agent_options& options) {
  wire::http_access made;
  made.hosts = options.hosts();
  if (!options.token().empty() && !options.token_file().empty())
    throw bad_configuration("the agent needs a token or a token file, not both");
  if (!options.token().empty()) made.token = wire::token_of(options.token());
  if (!options.token_file().empty())
    made.token = wire::token_in_file(options.token_file(), options.log());
  return made;
}

agent::server_options server_options_of(const agent_options& options) {
  agent::server_options made;
  made.handler.version = options.as();
  made.handler.session_ttl_min = options.session_ttl_min();
  made.handler.node_name = options.node_name();
  made.access = access_of(options);
  made.connections = options.connections();
  made.connections_per_address = options.connections_per_address();
  made.tls = tls_files_of(options);
  if (options.state_file().empty()) {
    made.handler.start_lock_delay = options.start_lock_delay();
  } else {
    made.state_file = options.state_file();
    made.unclean_lock_delay = options.start_lock_delay();
  }
  return made;
}

}  // namespace

agent_server::agent_server(boost::asio::any_io_executor executor, agent_options options)
    : server_(std::make_unique<agent::server>(environment_of(std::move(executor), options.log()),
                                              server_options_of(options))) {}
agent_server::agent_server(agent_server&&) noexcept = default;
agent_server& agent_server::operator=(agent_server&&) noexcept = default;
agent_server::~agent_server() = default;

unsigned short agent_server::listen(const std::string& address) {
  return server_->listen(address);
}

unsigned short agent_server::port() const noexcept { return server_->port(); }

std::string agent_server::address() const { return server_->address(); }

void agent_server::stop() { server_->stop(); }

std::size_t agent_server::connections() const noexcept { return server_->connections(); }

std::size_t agent_server::blocking_queries() const noexcept { return server_->parked(); }

std::size_t agent_server::sessions() const noexcept { return server_->sessions(); }

std::uint64_t agent_server::index() const noexcept { return server_->index(); }

}  // namespace tenure
