// The embedded agent: a Consul in this process, for computers without one and for tests. It answers
// the part of Consul's HTTP API that elections and semaphores use: sessions, keys, locks,
// transactions, blocking queries, and the services and checks of an agent.
//
// Component tenure::agent.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/consul_version.hpp>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

namespace agent {
class server;
}

/// The options of an agent. Set by chained calls, read by functions of the same names. Plain
/// values; the log is shared.
class agent_options {
 public:
  /// The Consul that the agent answers as. Default: 1.21.
  agent_options& as(consul_version version) {
    as_ = version;
    return *this;
  }
  /// The shortest TTL of a session, above 0 and at most 24 h, as Consul's session_ttl_min. Default:
  /// 10 s.
  agent_options& session_ttl_min(duration ttl) {
    session_ttl_min_ = ttl;
    return *this;
  }
  /// The node's name, as clients see it. Default: tenure-agent.
  agent_options& node_name(std::string name) {
    node_name_ = std::move(name);
    return *this;
  }
  /// How many connections the agent may have; 0: any number. Default: 16,000.
  agent_options& connections(std::size_t most) {
    connections_ = most;
    return *this;
  }
  /// How many connections a client address may have; 0: any number. Default: 4096. Unix sockets
  /// have no limit.
  agent_options& connections_per_address(std::size_t most) {
    connections_per_address_ = most;
    return *this;
  }
  /// Names by which clients may call an agent on the loopback, beside localhost, IP addresses and
  /// the name in its address. It refuses requests for other hosts with a 403, because scripts of
  /// any web page could send them (DNS rebinding).
  agent_options& hosts(std::vector<std::string> names) {
    hosts_ = std::move(names);
    return *this;
  }
  /// A token that all requests need, as X-Consul-Token or as a bearer token. Empty, the default:
  /// none.
  agent_options& token(std::string secret) {
    token_ = std::move(secret);
    return *this;
  }
  /// A file with that token, read again when it changes.
  agent_options& token_file(std::string path) {
    token_file_ = std::move(path);
    return *this;
  }
  /// The certificate, with its chain, and its key for `https://` addresses of listen(): PEM files,
  /// read again for new connections when they change.
  agent_options& tls_cert(std::string path) {
    tls_cert_ = std::move(path);
    return *this;
  }
  /// The private key of tls_cert(): a PEM file. Empty, the default: no TLS.
  agent_options& tls_key(std::string path) {
    tls_key_ = std::move(path);
    return *this;
  }
  /// Clients of `https://` addresses must show a certificate of these authorities. Empty, the
  /// default: they need none.
  agent_options& tls_client_ca(std::string path) {
    tls_client_ca_ = std::move(path);
    return *this;
  }
  /// The file that keeps the index, and whether the last stop was clean, over a restart. With it
  /// the fencing tokens grow over restarts. It belongs to one agent at a time. Empty, the default:
  /// no file; the index starts low.
  agent_options& state_file(std::string path) {
    state_file_ = std::move(path);
    return *this;
  }
  /// For how long after an unclean stop the agent grants no lock, because it does not know the
  /// holders of its last run. A stop is clean if no session lives then, and none has lost a lock
  /// within this time: choose more than the longest span. Without a state file every start counts
  /// as one after an unclean stop. Default: 60 s.
  agent_options& start_lock_delay(duration delay) {
    start_lock_delay_ = delay;
    return *this;
  }
  /// Where log lines go; nullptr or silent_log(), the default: nowhere.
  agent_options& log(std::shared_ptr<log_sink> sink) {
    log_ = sink ? std::move(sink) : silent_log();
    return *this;
  }

  consul_version as() const noexcept { return as_; }                      ///< as set
  duration session_ttl_min() const noexcept { return session_ttl_min_; }  ///< as set
  const std::string& node_name() const noexcept { return node_name_; }    ///< as set
  std::size_t connections() const noexcept { return connections_; }       ///< as set; 0: any number
  /// As set; 0: any number.
  std::size_t connections_per_address() const noexcept { return connections_per_address_; }
  const std::vector<std::string>& hosts() const noexcept { return hosts_; }  ///< as set
  const std::string& token() const noexcept { return token_; }  ///< as set; empty: none
  const std::string& token_file() const noexcept { return token_file_; }  ///< as set; empty: none
  const std::string& tls_cert() const noexcept { return tls_cert_; }  ///< as set; empty: none
  const std::string& tls_key() const noexcept { return tls_key_; }  ///< as set; empty: none
  /// As set; empty: none.
  const std::string& tls_client_ca() const noexcept { return tls_client_ca_; }
  const std::string& state_file() const noexcept { return state_file_; }    ///< as set; empty: none
  duration start_lock_delay() const noexcept { return start_lock_delay_; }  ///< as set
  const std::shared_ptr<log_sink>& log() const noexcept { return log_; }    ///< as set; never null

 private:
  consul_version as_ = consul_version::v1_21;
  duration session_ttl_min_ = std::chrono::seconds(10);
  std::string node_name_ = "tenure-agent";
  std::size_t connections_ = 16'000;
  std::size_t connections_per_address_ = 4096;
  std::vector<std::string> hosts_;
  std::string token_;
  std::string token_file_;
  std::string tls_cert_;
  std::string tls_key_;
  std::string tls_client_ca_;
  std::string state_file_;
  duration start_lock_delay_ = std::chrono::seconds(60);
  std::shared_ptr<log_sink> log_ = silent_log();
};

/// An agent that serves while the executor runs. Keys and sessions are in memory and end with the
/// object. One thread: the executor's.
class agent_server {
 public:
  /// Throws boost::system::system_error that names the file of TLS or of the token, or the state
  /// file, if it cannot use it.
  explicit agent_server(boost::asio::any_io_executor executor,
                        agent_options options = agent_options());
  /// The other one is then empty: only its destructor and an assignment to it may follow.
  agent_server(agent_server&&) noexcept;
  /// Stops the agent that this one was, as the destructor does.
  agent_server& operator=(agent_server&&) noexcept;
  /// Closes all connections at once: an unclean stop, unless stop() came before.
  ~agent_server();

  /// `host:port` (port 0: any free one), `[v6]:port`, `https://host:port` or `unix:///path`. Each
  /// call adds an address. Returns the port; 0 for a unix socket. Throws
  /// boost::system::system_error that names the address or the file.
  unsigned short listen(const std::string& address);
  /// Of the first TCP address; 0 if there is none.
  unsigned short port() const noexcept;
  /// The first TCP address for local clients, as consul_config takes it: `127.0.0.1:port` or
  /// `https://127.0.0.1:port`.
  std::string address() const;

  /// Stops as Consul does: accepts no more requests, answers blocking queries with an unchanged
  /// index and closes each connection after its response. Writes the state file. Then run the
  /// executor until connections() is 0.
  void stop();

  /// The open connections, the blocking queries that wait, and the sessions that are alive.
  std::size_t connections() const noexcept;
  /// That wait for a change or the end of their wait.
  std::size_t blocking_queries() const noexcept;
  std::size_t sessions() const noexcept;  ///< that are alive
  /// The index of the last change.
  std::uint64_t index() const noexcept;

 private:
  std::unique_ptr<agent::server> server_;
};

}  // namespace tenure
