// One client's connection to the HTTP server. Private to wire, because it includes Beast.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/error.hpp>
#include <tenure/toolkit/http_service.hpp>
#include <tenure/toolkit/timers.hpp>

#include "wire/access_check.hpp"
#include "wire/server_input.hpp"
#include "wire/stream.hpp"

namespace tenure::wire {

class server_connection;
class server_tls_context;

/// What a connection needs from its server.
class connection_owner {
 public:
  virtual const http_server_options& options() const noexcept = 0;
  virtual runtime::timers& timers() noexcept = 0;
  /// Whether the request with this header may be read to its end; if not, why.
  virtual header_fault check_access(server_connection& from,
                                    const presented_access& request) = 0;
  /// A request that cannot be read. Returns what else is wrong: there are too many of them.
  virtual header_fault malformed(server_connection& from) = 0;
  /// A whole request. The response comes by server_connection::respond().
  virtual void received(server_connection& from, runtime::http_request request) = 0;
  /// The connection waits for its next request.
  virtual void waiting(server_connection& connection) = 0;
  /// The client of the current request disconnected.
  virtual void lost(std::uint64_t id) = 0;
  /// A stream has ended.
  virtual void stream_over(std::uint64_t id) noexcept = 0;
  virtual void closed(server_connection& connection) noexcept = 0;
  /// The current date as HTTP writes it.
  virtual const std::string& date() = 0;

 protected:
  ~connection_owner() = default;
};

/// Handles one request at a time; pipelined requests wait in the kernel. Pending operations on its
/// socket keep it alive.
class server_connection : public std::enable_shared_from_this<server_connection> {
 public:
  using socket = stream::socket_type;

  /// The owner identifies the connection by `number` and `peer`.
  server_connection(socket connected, connection_owner& owner, std::uint64_t number,
                    std::string peer);
  ~server_connection();

  /// `tls`: nullptr for plain HTTP.
  void start(std::shared_ptr<server_tls_context> tls);
  /// Answers the current request. Does not call the owner.
  void respond(runtime::http_response response);
  void respond(runtime::http_response head, std::unique_ptr<http_stream> body);
  /// Answers a HEAD whose GET gets a stream.
  void respond_head(const runtime::http_response& head);
  /// The current stream has something to send.
  void resume();
  /// Closes after the response to the current request.
  void stop();
  /// Closes at once and does not call the owner again.
  void abort() noexcept;
  /// Closes a connection that waits, unless the client has sent something that is not read yet.
  bool give_way();

  /// The id of the current request or stream, which the owner sets; 0 if there is none.
  std::uint64_t id = 0;
  /// Its place among the connections that wait, which the owner sets.
  std::list<server_connection*>::iterator place;
  bool placed = false;
  /// Whether its listener is on the loopback, which the owner sets.
  bool on_loopback = false;
  std::string client_address();
  std::uint64_t number() const noexcept { return number_; }
  const std::string& peer() const noexcept { return peer_; }

 private:
  enum class phase : std::uint8_t {
    handshaking,
    idle,
    reading,
    answering,
    writing,
    draining,
    streaming,  ///< nothing to send now
    sending,    ///< a piece of the stream
    over,
  };
  using parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  /// Exists only while a request is being read.
  class reader {
   public:
    explicit reader(std::size_t limit) : buffer(limit) {}
    boost::beast::flat_buffer buffer;
    std::size_t scanned = 0;  ///< bytes of the header
    std::optional<parser> message;
  };
  class watchdog : public runtime::timer {
   public:
    explicit watchdog(server_connection& connection);
    server_connection& connection;
  };

  // TLS: server_handshake.cpp.
  void wait_for_handshake(socket::wait_type what, std::shared_ptr<server_tls_context> tls);
  void handshake(std::shared_ptr<server_tls_context> tls);
  void answer_plain_http();

  void next();
  void watch();
  void readable(error_code error);
  void read_header();
  void scan();
  void header_read(std::string_view header);
  void read_body();
  void body_read(error_code error);
  void deliver();
  void refuse(const header_fault& why);
  void refuse_malformed(const header_fault& why);
  void write();
  void written(error_code error);
  void start_draining();
  void drain();
  void end();
  void head_of(const runtime::http_response& response);
  std::string_view connection_header() const noexcept;

  // A stream: server_stream.cpp.
  void read_from_stream_client();
  void limit_stream();
  void send_first_piece();
  void send_next_piece();
  void send();
  void sent(error_code error);

  stream socket_;
  connection_owner* owner_;
  watchdog watchdog_;
  std::unique_ptr<reader> input_;
  std::string head_;
  std::string body_;
  std::unique_ptr<http_stream> stream_;
  std::shared_ptr<const std::string> piece_;  ///< of the stream, being sent
  std::uint64_t number_;
  std::string peer_;
  phase phase_ = phase::idle;
  bool watching_ = false;     ///< a wait for input is pending
  bool has_input_ = false;    ///< there is unread input
  bool close_after_ = false;  ///< the current response is the last
  bool head_only_ = false;    ///< it answers a HEAD
  bool http_1_0_ = false;     ///< the client does not know chunked encoding
  bool ending_ = false;       ///< stop() was called: a stream ends when it has nothing to send
  bool last_piece_ = false;   ///< the end of the stream is being sent
  bool served_ = false;       ///< it has sent a request
  bool unread_ = false;       ///< the client may still be sending a body that is not read
  std::uint32_t discarded_ = 0;  ///< bytes received on a stream and discarded
};

}  // namespace tenure::wire
