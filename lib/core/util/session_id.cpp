#include "core/util/session_id.hpp"

#include <cstddef>
#include <utility>

#include "text/hex.hpp"

namespace tenure::core {
namespace {

constexpr std::size_t uuid_length = 36;

constexpr bool dash_at(std::size_t i) noexcept {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

session_id::session_id(std::string_view text) {
  if (text.empty()) return;
  bool uuid = text.size() == uuid_length;
  for (std::size_t i = 0; uuid && i < uuid_length; ++i) {
    if (dash_at(i)) {
      uuid = text[i] == '-';
      continue;
    }
    // Lower case only, so that text() returns the same text.
    const auto digit = text::hex_digits.find(text[i]);
    uuid = digit != std::string_view::npos;
    high_ = high_ << 4 | low_ >> 60;
    low_ = low_ << 4 | (digit & 15);
  }
  if (uuid && (high_ | low_) != 0) return;
  high_ = low_ = 0;
  other_ = std::make_unique<const std::string>(text);
}

session_id::session_id(const session_id& other)
    : high_(other.high_),
      low_(other.low_),
      other_(other.other_ ? std::make_unique<const std::string>(*other.other_) : nullptr) {}

session_id& session_id::operator=(const session_id& other) {
  if (this != &other) *this = session_id(other);
  return *this;
}

std::string session_id::text() const {
  if (other_) return *other_;
  if (empty()) return {};
  std::string out;
  out.reserve(uuid_length);
  std::uint64_t high = high_;
  std::uint64_t low = low_;
  while (out.size() < uuid_length) {
    if (dash_at(out.size())) out += '-';
    out += text::hex_digits[high >> 60];
    high = high << 4 | low >> 60;
    low <<= 4;
  }
  return out;
}

}  // namespace tenure::core
