// A range of IP addresses: "10.0.0.0/8", "fd00::/8", or one address.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tenure::wire {

/// A range of addresses that share their first bits. Plain values.
class ip_range {
 public:
  /// Nothing for a text that is none.
  static std::optional<ip_range> parse(std::string_view text);

  /// `address`: its 4 or 16 bytes, the first one first.
  bool contains(std::string_view address) const noexcept;

 private:
  std::string bytes_;
  std::size_t bits_ = 0;
};

}  // namespace tenure::wire
