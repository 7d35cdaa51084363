#include <boost/asio/local/stream_protocol.hpp>
#include <boost/system/system_error.hpp>
#include <ctime>
#include <map>
#include <tenure/toolkit/http_server.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/wall_clock.hpp"
#include "text/host_port.hpp"
#include "wire/access_check.hpp"
#include "wire/connection_table.hpp"
#include "wire/listen_address.hpp"
#include "wire/listener.hpp"
#include "wire/rate_limit.hpp"
#include "wire/server_connection.hpp"
#include "wire/server_tls_context.hpp"
#include "wire/socket_file.hpp"

namespace tenure::wire {
namespace {

namespace asio = boost::asio;
using protocol = asio::generic::stream_protocol;

/// The response of Consul since 1.9, byte for byte.
constexpr std::string_view too_many_connections =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nContent-Length: 81\r\n"
    "Connection: close\r\n\r\n"
    "Your IP is issuing too many concurrent connections, please rate limit your calls\n";

constexpr header_fault too_many_requests{
    .status = 429, .text = "Too many requests: come back in a second\n"};

constexpr std::string_view no_room =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n"
    "Retry-After: 1\r\nConnection: close\r\n\r\n"
    "Too many connections\n";

/// Sends what fits into the socket's buffer, and drops the rest.
void turn_away(server_connection::socket& socket, std::string_view response) {
  error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(response), ignored);
}

}  // namespace

class http_server::implementation final : public connection_owner,
                                          public listener_owner,
                                          public std::enable_shared_from_this<implementation> {
 public:
  implementation(asio::any_io_executor executor, runtime::timers& timers, http_service& service,
                 http_server_options options)
      : executor_(std::move(executor)),
        timers_(timers),
        service_(&service),
        options_(std::move(options)),
        table_(options_),
        rate_(options_.requests_per_second),
        access_(options_.access, options_.log) {}

  unsigned short listen(const std::string& address, std::shared_ptr<server_tls_context> tls);
  void respond(std::uint64_t id, runtime::http_response response);
  void respond(std::uint64_t id, runtime::http_response head, std::unique_ptr<http_stream> body);
  void respond_head(std::uint64_t id, const runtime::http_response& head);
  stream_place find_stream_place(std::uint64_t id);
  void resume(std::uint64_t id);
  ~implementation() { close_listeners(); }
  void close_listeners() noexcept;
  void stop();
  void abort() noexcept;
  std::vector<std::string> lost_sockets() const { return socket_files_.lost(); }
  std::uint64_t refused() const noexcept { return refused_; }
  unsigned short port() const noexcept { return port_; }
  std::size_t connections() const noexcept { return table_.all().size(); }

  const http_server_options& options() const noexcept override { return options_; }
  runtime::timers& timers() noexcept override { return timers_; }
  header_fault check_access(server_connection& from,
                            const presented_access& request) override;
  header_fault malformed(server_connection& from) override;
  void received(server_connection& from, runtime::http_request request) override;
  void waiting(server_connection& connection) override { table_.waiting(connection); }
  void lost(std::uint64_t id) override;
  void stream_over(std::uint64_t id) noexcept override { table_.end_stream(id); }
  void closed(server_connection& connection) noexcept override { table_.remove(connection); }
  const std::string& date() override;
  void accepted(server_connection::socket socket, const protocol::endpoint& peer,
                const listener& at) override;
  bool accepts() const noexcept override { return !stopping_; }

 private:
  void bound(const std::string& path);
  void add_listener(const protocol::endpoint& at, std::shared_ptr<server_tls_context> tls) {
    listeners_.push_back(std::make_shared<listener>(executor_, timers_, weak_from_this(), at,
                                                    std::move(tls)));
  }
  void warn_if_open(const std::string& address, const listener& at);
  /// Counts a request of that client. Returns whether there are not too many.
  bool within_rate(server_connection& from);
  /// The connection of a request that has no response yet; null if its client has disconnected.
  server_connection* take_unanswered(std::uint64_t id);

  asio::any_io_executor executor_;
  runtime::timers& timers_;
  http_service* service_;
  const http_server_options options_;
  std::vector<std::shared_ptr<listener>> listeners_;
  std::map<std::string, std::shared_ptr<listener>> at_path_;  ///< of the unix sockets
  socket_files socket_files_;
  connection_table table_;
  std::unordered_map<std::uint64_t, server_connection*> unanswered_;
  rate_limit rate_;
  access_check access_;
  std::uint64_t refused_ = 0;
  std::uint64_t last_id_ = 0;
  std::uint64_t last_number_ = 0;
  unsigned short port_ = 0;
  bool stopping_ = false;
  std::uint64_t date_second_ = 0;
  std::string date_;
};

unsigned short http_server::implementation::listen(const std::string& address,
                                                   std::shared_ptr<server_tls_context> tls) {
  const bool tcp = !address.starts_with(unix_scheme);
  if (const std::string mistake = listen_mistake(address); !mistake.empty())
    cannot_listen(address + " (" + mistake + ")", asio::error::invalid_argument);
  try {
    if (tcp) {
      add_listener(listen_endpoint(address), std::move(tls));
    } else {
      const std::string path = address.substr(unix_scheme.size());
      remove_dead_socket(path);
      add_listener(asio::local::stream_protocol::endpoint(path), std::move(tls));
      bound(path);
    }
  } catch (const boost::system::system_error& error) {
    if (std::string_view(error.what()).starts_with("cannot listen")) throw;
    cannot_listen(address, error.code());
  }
  const listener& made = *listeners_.back();
  listeners_.back()->start();
  const unsigned short port = made.port();
  if (port_ == 0) port_ = port;
  const auto parts = text::split_host_port(address);
  if (made.on_loopback() && parts) access_.add_name(parts->host);
  warn_if_open(address, made);
  return port;
}

/// Other machines reach the address: they should need a token, or a certificate, and TLS to keep it
/// secret.
void http_server::implementation::warn_if_open(const std::string& address, const listener& at) {
  if (!at.on_network() || !options_.log) return;
  const bool knows_clients = options_.access.token || (at.tls() && at.tls()->checks_clients());
  if (at.tls() && knows_clients) return;
  std::string missing = at.tls() ? "" : "TLS";
  if (!knows_clients) missing += missing.empty() ? "token" : ", token";
  options_.log->log(log_level::warn, "listening unprotected on the network",
                    {{"address", address}, {"missing", missing}});
}

// An older listener of this path has lost its file.
void http_server::implementation::bound(const std::string& path) {
  std::shared_ptr<listener>& at = at_path_[path];
  if (at) {
    at->close();
    std::erase(listeners_, at);
  }
  at = listeners_.back();
  socket_files_.add(path);
}

void http_server::implementation::accepted(server_connection::socket socket,
                                           const protocol::endpoint& peer, const listener& at) {
  if (stopping_) return;
  const std::shared_ptr<server_tls_context>& tls = at.tls();
  std::string address;
  if (options_.connections_per_address > 0 || options_.streams_per_address > 0 ||
      options_.requests_per_second > 0) {
    address = address_bytes(peer);
  }
  const auto place = table_.find_place(address);
  if (place != connection_table::place::free) {
    ++refused_;
    const bool all = place == connection_table::place::server_full;
    const bool silent = options_.excess_connection == http_server_options::excess::closed;
    if (!tls && (all || !silent)) turn_away(socket, all ? no_room : too_many_connections);
    return;
  }
  const std::uint64_t number = ++last_number_;
  const auto connection =
      std::make_shared<server_connection>(std::move(socket), *this, number, std::move(address));
  connection->on_loopback = at.on_loopback();
  table_.add(connection);
  table_.waiting(*connection);
  connection->start(tls);
}

header_fault http_server::implementation::check_access(server_connection& from,
                                                       const presented_access& request) {
  const auto why = access_.check(request, from.on_loopback);
  if (!why) return {};
  ++refused_;
  const time_point now = timers_.now();
  access_.log(*why, request.host, from.client_address(), now);
  // Guesses of a token count as requests, too.
  return within_rate(from) ? access_.response_to(*why) : too_many_requests;
}

header_fault http_server::implementation::malformed(server_connection& from) {
  ++refused_;
  return within_rate(from) ? header_fault() : too_many_requests;
}

bool http_server::implementation::within_rate(server_connection& from) {
  return from.peer().empty() || rate_.take(from.peer(), timers_.now());
}

void http_server::implementation::received(server_connection& from,
                                           runtime::http_request request) {
  from.id = ++last_id_;
  table_.busy(from);
  if (!within_rate(from)) {
    ++refused_;
    runtime::http_response response(too_many_requests.status,
                                    std::string(too_many_requests.text));
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    response.headers.emplace_back("Retry-After", "1");
    return from.respond(std::move(response));
  }
  unanswered_.emplace(from.id, &from);
  service_->on_request(from.id, std::move(request));
}

void http_server::implementation::lost(std::uint64_t id) {
  unanswered_.erase(id);
  service_->on_closed(id);
}

server_connection* http_server::implementation::take_unanswered(std::uint64_t id) {
  const auto found = unanswered_.find(id);
  if (found == unanswered_.end()) return nullptr;
  server_connection* const connection = found->second;
  unanswered_.erase(found);
  return connection;
}

void http_server::implementation::respond(std::uint64_t id, runtime::http_response response) {
  server_connection* const connection = take_unanswered(id);
  if (connection != nullptr) connection->respond(std::move(response));
}

void http_server::implementation::respond(std::uint64_t id, runtime::http_response head,
                                          std::unique_ptr<http_stream> body) {
  server_connection* const connection = take_unanswered(id);
  if (connection == nullptr) return;
  table_.begin_stream(id, *connection);
  connection->respond(std::move(head), std::move(body));
}

void http_server::implementation::respond_head(std::uint64_t id,
                                               const runtime::http_response& head) {
  server_connection* const connection = take_unanswered(id);
  if (connection != nullptr) connection->respond_head(head);
}

http_server::stream_place http_server::implementation::find_stream_place(std::uint64_t id) {
  const auto found = unanswered_.find(id);
  if (found == unanswered_.end()) return stream_place::free;
  const stream_place place = table_.find_stream_place(*found->second);
  if (place != stream_place::free) ++refused_;
  return place;
}

void http_server::implementation::resume(std::uint64_t id) {
  server_connection* const connection = table_.stream(id);
  if (connection != nullptr) connection->resume();
}

void http_server::implementation::close_listeners() noexcept {
  for (const auto& l : listeners_) l->close();
  listeners_.clear();
}

void http_server::implementation::stop() {
  stopping_ = true;
  socket_files_.remove_all();
  close_listeners();
  for (const auto& [number, connection] : table_.all()) connection->stop();
}

void http_server::implementation::abort() noexcept {
  stop();
  for (const auto& [number, connection] : table_.all()) connection->abort();
  table_.remove_all();
}

const std::string& http_server::implementation::date() {
  const std::uint64_t second = runtime::wall_clock_us() / 1'000'000U;
  if (second != date_second_) {
    date_second_ = second;
    const auto seconds = static_cast<std::time_t>(second);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[40];
    date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

http_server::http_server(asio::any_io_executor executor, runtime::timers& timers,
                         http_service& service, http_server_options options)
    : implementation_(
          std::make_shared<implementation>(std::move(executor), timers, service,
                                           std::move(options))) {}

http_server::~http_server() { implementation_->abort(); }

unsigned short http_server::listen(const std::string& address) {
  return implementation_->listen(address, nullptr);
}

unsigned short http_server::listen(const std::string& address, const server_tls& tls) {
  return implementation_->listen(address, tls.context());
}

unsigned short http_server::port() const noexcept { return implementation_->port(); }

void http_server::respond(std::uint64_t id, runtime::http_response response) {
  implementation_->respond(id, std::move(response));
}

void http_server::respond(std::uint64_t id, runtime::http_response head,
                          std::unique_ptr<http_stream> body) {
  implementation_->respond(id, std::move(head), std::move(body));
}

void http_server::respond_head(std::uint64_t id, runtime::http_response head) {
  implementation_->respond_head(id, head);
}

http_server::stream_place http_server::find_stream_place(std::uint64_t id) {
  return implementation_->find_stream_place(id);
}

void http_server::resume(std::uint64_t id) { implementation_->resume(id); }

void http_server::stop() { implementation_->stop(); }

std::vector<std::string> http_server::lost_sockets() const {
  return implementation_->lost_sockets();
}

std::uint64_t http_server::refused() const noexcept { return implementation_->refused(); }

std::size_t http_server::connections() const noexcept { return implementation_->connections(); }

}  // namespace tenure::wire
