#include "wire/server_input.hpp"

#include <sys/socket.h>

#include <array>
#include <boost/asio/error.hpp>
#include <cerrno>

namespace tenure::wire {
namespace {

/// Of recv() on a socket.
input input_of(ssize_t got) noexcept {
  if (got > 0) return input::data;
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? input::none : input::closed;
}

input input_of(tls_step step) noexcept {
  switch (step) {
    case tls_step::done: return input::data;
    case tls_step::want_read:
    case tls_step::want_write: return input::none;
    case tls_step::failed: break;
  }
  return input::closed;
}

}  // namespace

input look(stream& from) noexcept {
  if (from.tls() != nullptr) return input_of(from.tls()->peek());
  char byte = 0;
  return input_of(::recv(from.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT));
}

input discard(stream& from, std::uint32_t& dropped) noexcept {
  std::array<char, 1024> bytes;
  if (from.tls() != nullptr) {
    std::size_t got = 0;
    const tls_step step = from.tls()->read(bytes.data(), bytes.size(), got);
    dropped += static_cast<std::uint32_t>(got);
    return input_of(step);
  }
  const auto got =
      ::recv(from.socket().native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (got > 0) dropped += static_cast<std::uint32_t>(got);
  return input_of(got);
}

bool begins_as_http(stream& from) noexcept {
  // A method begins with a capital letter, a record of TLS with a byte below 32.
  char byte = 0;
  const auto got = ::recv(from.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 1 && byte >= 'A' && byte <= 'Z';
}

}  // namespace tenure::wire
