#include "text/hex.hpp"

namespace tenure::text {

void append_hex(std::string& out, char byte, std::string_view digits) {
  const auto bits = static_cast<unsigned char>(byte);
  out += digits[bits >> 4];
  out += digits[bits & 15];
}

std::string hex(std::uint64_t number, unsigned length) {
  std::string out(length, '0');
  for (unsigned i = length; i > 0; number >>= 4) out[--i] = hex_digits[number & 15];
  return out;
}

}  // namespace tenure::text
