// A stream of bytes to the other end of a connection: a socket, or TLS over it. Private to wire.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <array>
#include <cstddef>
#include <memory>
#include <tenure/error.hpp>
#include <utility>

#include "wire/tls_channel.hpp"

namespace tenure::wire {

/// Asio's AsyncReadStream and AsyncWriteStream, so Beast and Asio's algorithms work on it. Without
/// TLS its operations are those of the socket. One read and one write at a time.
class stream {
 public:
  using socket_type = tls_channel::socket_type;
  using executor_type = socket_type::executor_type;

  explicit stream(boost::asio::any_io_executor executor) : socket_(std::move(executor)) {}
  explicit stream(socket_type connected) : socket_(std::move(connected)) {}
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  executor_type get_executor() { return socket_.get_executor(); }
  socket_type& socket() noexcept { return socket_; }
  /// Null: the stream is plain.
  tls_channel* tls() const noexcept { return tls_.get(); }
  /// From now on the stream speaks TLS: async_handshake() comes next. Throws system_error.
  tls_channel& secure(SSL_CTX* context, tls_role role) {
    tls_ = std::make_unique<tls_channel>(context, socket_, role);
    return *tls_;
  }

  /// Needs TLS. void(error_code).
  template <class Token>
  auto async_handshake(Token&& token) {
    return boost::asio::async_compose<Token, void(error_code)>(
        operation<handshake>(*this, handshake()), token, socket_);
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& to, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (!tls_) {
            socket_.async_read_some(buffers, std::move(handler));
          } else {
            start(reading<Buffers>(buffers), std::move(handler));
          }
        },
        token, to);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (!tls_) {
            socket_.async_write_some(buffers, std::move(handler));
          } else {
            start(writing<Buffers>(buffers), std::move(handler));
          }
        },
        token, from);
  }

  /// Closes at once. The peer learns that the end is meant, if TLS can still say so.
  void close() noexcept {
    if (tls_) tls_->shut_down();
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  struct handshake {
    tls_step operator()(tls_channel& tls, std::size_t&) const noexcept { return tls.handshake(); }
    template <class Self>
    static void complete(Self& self, const error_code& error, std::size_t) {
      self.complete(error);
    }
  };
  struct transfer {
    template <class Self>
    static void complete(Self& self, const error_code& error, std::size_t bytes) {
      self.complete(error, bytes);
    }
  };
  template <class Buffers>
  struct reading : transfer {
    explicit reading(const Buffers& to) : buffers(to) {}
    tls_step operator()(tls_channel& tls, std::size_t& got) const noexcept {
      const auto end = boost::asio::buffer_sequence_end(buffers);
      for (auto at = boost::asio::buffer_sequence_begin(buffers); at != end; ++at) {
        const boost::asio::mutable_buffer piece(*at);
        if (piece.size() > 0) return tls.read(piece.data(), piece.size(), got);
      }
      return tls_step::done;
    }
    Buffers buffers;
  };
  // The buffers go into one record, so that the header of a request does not travel alone.
  template <class Buffers>
  struct writing : transfer {
    explicit writing(const Buffers& from) : buffers(from) {}
    tls_step operator()(tls_channel& tls, std::size_t& taken) const noexcept {
      std::array<char, 16 * 1024> record;  // the most that TLS takes
      const std::size_t size = boost::asio::buffer_copy(boost::asio::buffer(record), buffers);
      return tls.write(record.data(), size, taken);
    }
    Buffers buffers;
  };

  // Repeats a step until it neither reads nor writes any more.
  template <class Step>
  class operation {
   public:
    operation(stream& owner, Step step) : owner_(&owner), step_(std::move(step)) {}

    template <class Self>
    void operator()(Self& self, error_code waited = {}) {
      if (over_) return Step::complete(self, error_, bytes_);
      error_ = waited;
      if (!error_) {
        const tls_step step = step_(*owner_->tls_, bytes_);
        if (step == tls_step::want_read || step == tls_step::want_write) {
          waiting_ = true;
          const auto what =
              step == tls_step::want_read ? socket_type::wait_read : socket_type::wait_write;
          return owner_->socket_.async_wait(what, std::move(self));
        }
        if (step == tls_step::failed) error_ = owner_->tls_->error();
      }
      if (waiting_) return Step::complete(self, error_, bytes_);
      over_ = true;  // never completes within the function that started it
      boost::asio::post(owner_->socket_.get_executor(), std::move(self));
    }

   private:
    stream* owner_;
    Step step_;
    error_code error_;
    std::size_t bytes_ = 0;
    bool waiting_ = false;
    bool over_ = false;
  };

  template <class Step, class Handler>
  void start(Step step, Handler handler) {
    boost::asio::async_compose<Handler, void(error_code, std::size_t)>(
        operation<Step>(*this, std::move(step)), handler, socket_);
  }

  socket_type socket_;
  std::unique_ptr<tls_channel> tls_;
};

}  // namespace tenure::wire
