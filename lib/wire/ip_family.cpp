#include "wire/ip_family.hpp"

#include <boost/asio/ip/address.hpp>

namespace tenure::wire {

ip_family family_of(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (error) return ip_family::none;
  return parsed.is_v4() ? ip_family::v4 : ip_family::v6;
}

}  // namespace tenure::wire
