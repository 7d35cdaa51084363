// What a server's client has sent, looked at without waiting. Private to wire.
#pragma once

#include <cstdint>

#include "wire/stream.hpp"

namespace tenure::wire {

enum class input : std::uint8_t { none, data, closed };

/// Whether there is something to read, without reading it.
input look(stream& from) noexcept;

/// Reads up to a kilobyte and drops it. Adds the number of bytes to `dropped`.
input discard(stream& from, std::uint32_t& dropped) noexcept;

/// Whether the client begins with a plain request in place of a TLS handshake. Before secure().
bool begins_as_http(stream& from) noexcept;

}  // namespace tenure::wire
