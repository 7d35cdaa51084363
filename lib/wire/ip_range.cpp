#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <tenure/error.hpp>
#include <tenure/toolkit/ip_range.hpp>

namespace tenure::wire {

std::optional<ip_range> ip_range::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  error_code invalid;
  const auto address =
      boost::asio::ip::make_address(std::string(text.substr(0, slash)), invalid);
  if (invalid) return std::nullopt;
  const auto take = [](const auto& bytes) { return std::string(bytes.begin(), bytes.end()); };
  ip_range range;
  range.bytes_ = address.is_v4() ? take(address.to_v4().to_bytes())
                                 : take(address.to_v6().to_bytes());
  range.bits_ = range.bytes_.size() * 8;
  if (slash == text.npos) return range;
  const std::string_view length = text.substr(slash + 1);
  const char* const end = length.data() + length.size();
  std::size_t bits = 0;
  const auto [rest, error] = std::from_chars(length.data(), end, bits);
  if (error != std::errc() || rest != end || bits > range.bits_) return std::nullopt;
  range.bits_ = bits;
  return range;
}

bool ip_range::contains(std::string_view address) const noexcept {
  if (address.size() != bytes_.size()) return false;
  const std::size_t whole = bits_ / 8;
  if (address.substr(0, whole) != std::string_view(bytes_).substr(0, whole)) return false;
  const std::size_t rest = bits_ % 8;
  if (rest == 0) return true;
  const auto differing = static_cast<unsigned char>(address[whole] ^ bytes_[whole]);
  return differing >> (8 - rest) == 0;
}

}  // namespace tenure::wire
