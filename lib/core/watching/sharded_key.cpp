#include <cstdint>
#include <tenure/sharded_key.hpp>

#include "text/hex.hpp"

namespace tenure {
namespace {

std::uint64_t fnv_1a(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace

std::string sharded_key(std::string_view prefix, std::string_view name) {
  static constexpr char quarters[] = "048c";
  std::uint64_t hash = fnv_1a(name);
  hash ^= hash >> 32;
  hash ^= hash >> 16;
  hash ^= hash >> 8;
  std::string key(prefix);
  if (!key.empty() && !key.ends_with('/')) key += '/';
  key += text::hex_digits[(hash >> 4) & 15];
  key += quarters[(hash >> 2) & 3];
  key += '/';
  key += name;
  return key;
}

}  // namespace tenure
