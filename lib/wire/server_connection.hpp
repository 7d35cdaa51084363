// One client's connection to the HTTP server. Private to wire: it shows Beast.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "runtime/timers.hpp"
#include "wire/http_server.hpp"

namespace tenure::wire {

class server_connection;

/// What a connection needs of its server.
class connection_owner {
 public:
  virtual const http_server_options& options() const noexcept = 0;
  virtual runtime::timers& timers() noexcept = 0;
  /// A whole request; returns nothing, the answer comes by server_connection::respond().
  virtual void received(server_connection& from, runtime::http_request request) = 0;
  /// The client of the request under way is gone.
  virtual void lost(std::uint64_t id) = 0;
  /// A stream is over.
  virtual void stream_over(std::uint64_t id) noexcept = 0;
  virtual void closed(server_connection& connection) noexcept = 0;
  /// The current date as HTTP writes it.
  virtual const std::string& date() = 0;

 protected:
  ~connection_owner() = default;
};

/// One request at a time; what a client sends ahead waits in the kernel. Kept alive by what is
/// under way on its socket.
class server_connection : public std::enable_shared_from_this<server_connection> {
 public:
  using socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol>;

  /// `number` and `peer` are the owner's, to know it by.
  server_connection(socket connected, connection_owner& owner, std::uint64_t number,
                    std::string peer);
  ~server_connection();

  void start() { next(); }
  /// Answers the request under way. Never calls the owner from inside.
  void respond(runtime::http_response response);
  void respond(runtime::http_response head, std::unique_ptr<http_stream> body);
  /// The stream under way has something to send.
  void resume();
  /// Closes when what is under way is answered.
  void stop();
  /// Closes at once; the owner hears nothing more.
  void abort() noexcept;

  /// The id of the request under way, or of the stream; 0 where there is none. The owner gives it.
  std::uint64_t id = 0;
  std::uint64_t number() const noexcept { return number_; }
  const std::string& peer() const noexcept { return peer_; }

 private:
  enum class phase : std::uint8_t {
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

  /// What is only there while a request is read.
  class input {
   public:
    boost::beast::flat_buffer buffer;
    std::optional<parser> message;
  };
  class watchdog : public runtime::timer {
   public:
    explicit watchdog(server_connection& connection);
    server_connection& connection;
  };

  void next();
  void watch();
  void readable(error_code error);
  void read_header();
  void header_read(error_code error);
  void read_body();
  void body_read(error_code error);
  void deliver();
  void refuse(unsigned status, std::string_view text);
  void write();
  void written(error_code error);
  void drain();
  void end();
  void head_of(const runtime::http_response& response);

  // A stream: server_stream.cpp.
  void heed_stream_client();
  void limit_stream();
  void send(bool first);
  void sent(error_code error);

  socket socket_;
  connection_owner* owner_;
  watchdog watchdog_;
  std::unique_ptr<input> input_;
  std::string head_;
  std::string body_;
  std::unique_ptr<http_stream> stream_;
  std::shared_ptr<const std::string> piece_;  ///< of the stream, under way
  std::uint64_t number_;
  std::string peer_;
  phase phase_ = phase::idle;
  bool watching_ = false;     ///< a wait for input is under way
  bool has_input_ = false;    ///< the kernel holds input that nobody has read
  bool close_after_ = false;  ///< the answer under way is the last
  bool head_only_ = false;    ///< it answers a HEAD
  bool http_1_0_ = false;     ///< the client knows no chunks
  bool ending_ = false;       ///< stop() was called: a stream ends when it has nothing to send
  bool last_piece_ = false;   ///< the end of the stream is under way
  std::uint32_t idle_talk_ = 0;  ///< bytes that a stream's client sent for nothing
  bool unread_ = false;       ///< the client may still be sending what nobody will read
};

}  // namespace tenure::wire
