// Waits for a descriptor, within a time limit.
#pragma once

#include <poll.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <tenure/time.hpp>

namespace tenure::doctor {

enum class direction : std::uint8_t { read, write };

/// Whether the descriptor was ready before `end`.
inline bool wait_for(int descriptor, direction what, time_point end) {
  pollfd one = {descriptor, static_cast<short>(what == direction::read ? POLLIN : POLLOUT), 0};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - boot_clock::now());
    constexpr std::int64_t longest = std::numeric_limits<int>::max();
    const auto timeout = std::clamp<std::int64_t>(left.count(), 0, longest);
    const int ready = ::poll(&one, 1, static_cast<int>(timeout));
    if (ready > 0) return true;
    if (boot_clock::now() >= end) return false;
  }
}

}  // namespace tenure::doctor
