// The common parts of the suite: the server under test, requests, and answers as text, to compare
// with the measured answers of Consul 1.8.7 and 1.21.4.
//
// The suite is one binary with the same expectations for the embedded agent and for a real Consul.
// TENURE_CONTRACT_SERVER names the server: 1.8 or 1.21, the version that the agent answers as, or
// consul, a real one, whose version decides what is expected. Each case uses keys below its own
// prefix. The only waiting is for the answers to blocking queries.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
#include "support/http_probe.hpp"

namespace tenure::test {

/// The server under test. main() starts it for the whole run.
class contract_server {
 public:
  virtual ~contract_server() = default;
  virtual std::string address() const = 0;
  virtual std::string node_name() const = 0;
  virtual std::string advertised() const = 0;
  /// The version that it is, or answers as.
  virtual consul_version version() const = 0;
  /// Whether it is a real Consul. The few cases where the agent differs say why.
  virtual bool real() const = 0;
};
contract_server& server();

/// Whether the version under test is 1.21 and not 1.8.
bool newer();
/// What the version under test answers.
template <class T>
T by_version(T in_1_8, T in_1_21) {
  return newer() ? in_1_21 : in_1_8;
}

/// A new connection to it.
http_probe connect();
/// One request on a kept connection.
http_answer ask(std::string_view method, std::string_view target, std::string_view body = {});

// --- requests that must succeed ---------------------------------------------------------------

/// Creates a session with that body; its id. It lives until the end of the run or
/// destroy_session().
std::string make_session(std::string_view body = R"({"LockDelay":0})");
void destroy_session(const std::string& id);
void put(const std::string& key, std::string_view value = {});
bool acquire(const std::string& key, const std::string& session, std::string_view value = {});
bool release(const std::string& key, const std::string& session, std::string_view value = {});

/// A key as the server shows it.
class shown_key {
 public:
  bool exists = false;
  std::string value;  ///< decoded
  std::string session;
  std::uint64_t flags = 0;
  std::uint64_t lock_index = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};
shown_key show(const std::string& key);

// --- transactions -----------------------------------------------------------------------------

/// One operation on a key, with further members in JSON.
std::string op(std::string_view verb, const std::string& key, std::string_view more = {});
std::string op_session(std::string_view verb, const std::string& key, const std::string& session,
                       std::string_view value = {});
std::string op_index(std::string_view verb, const std::string& key, std::uint64_t index,
                     std::string_view value = {});
std::string op_value(std::string_view verb, const std::string& key, std::string_view value);
http_answer txn(std::initializer_list<std::string> operations, std::string_view query = {});
/// The errors of a refused transaction, each after the number of its operation: "0: text".
std::vector<std::string> refusals(const http_answer& answer);

// --- blocking queries -------------------------------------------------------------------------

/// A running query on a separate connection.
class parked_query {
 public:
  /// Sends the query with index=after and that wait.
  parked_query(const std::string& target, std::uint64_t after, std::string_view wait = "60s");
  /// Waits for the answer.
  http_answer answer() { return probe_.receive(); }
  http_probe& probe() noexcept { return probe_; }

 private:
  http_probe probe_;
};
/// Returns when the queries sent before are parked, because the server has answered several rounds
/// of requests on other connections since.
void let_park();

// --- answers as text --------------------------------------------------------------------------

/// Status, sorted headers and body, without the headers of the transfer itself: Date,
/// Content-Length, Transfer-Encoding and Connection.
///
/// Three headers of 1.21 are the same in every answer: X-Consul-Default-Acl-Policy,
/// X-Consul-Query-Backend, and the Content-Type of an empty body. The text leaves them out if they
/// are right, and names them if they are missing or wrong. Consul 1.21 builds with different
/// releases of Go, which name the field of a type error differently, so the text leaves that out.
std::string seen(const http_answer& answer);

/// The texts of seen() for Consul's usual answers.
std::string json_answer(std::string_view body);
std::string query_answer(std::uint64_t index, std::string_view body);
std::string missing_answer(std::uint64_t index);
std::string text_answer(int status, std::string_view reason, std::string_view text);

}  // namespace tenure::test
