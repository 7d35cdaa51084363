#include <algorithm>
#include <tenure/key_error.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/json_string.hpp>

#include "consul/format.hpp"
#include "text/hex.hpp"
#include "text/printable.hpp"
#include "text/utf8.hpp"

namespace tenure {
namespace {

constexpr std::size_t most_shown = 100;

std::string shown_key(std::string_view key) {
  std::string shown = "'";
  while (!key.empty() && shown.size() < most_shown) {
    const std::size_t length = text::utf8_length(key);
    if (length == 0) {
      shown += "\\x";
      text::append_hex(shown, key[0]);
    } else if (length == 1 && text::is_control(key[0])) {
      text::append_json_escape(shown, static_cast<unsigned char>(key[0]));
    } else if (const auto point = text::utf8_decode(key, length);
               !text::is_printable_point(point)) {
      shown += "\\u" + text::hex(point, point > 0xffff ? 6 : 4);
    } else {
      shown.append(key, 0, length);
    }
    key.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (!key.empty()) shown += "...";
  return shown + "'";
}

}  // namespace

std::string key_error(std::string_view key) {
  if (key.empty()) return "the key is empty: give one, such as service/db/leader";
  return key_prefix_error(key);
}

std::string key_prefix_error(std::string_view prefix) {
  if (prefix.starts_with('/')) return shown_key(prefix) + " begins with a slash: leave it out";
  if (prefix.size() > most_key_bytes) {
    return shown_key(prefix) + " has " + std::to_string(prefix.size()) +
           " bytes: a key has at most " + std::to_string(most_key_bytes);
  }
  const std::string why = consul::unaddressable_prefix(prefix);
  if (why.empty()) return "";
  return shown_key(prefix) + " cannot be a key (" + why + "): use another";
}

std::string group_key_error(std::string_view prefix, std::string_view key) {
  for (const char* folder : {"/members/", "/handed/"}) {
    const std::string own = std::string(prefix) + folder;
    if (!key.starts_with(own)) continue;
    return shown_key(key) + " is below " + shown_key(own) +
           ", where the group keeps its own keys: use another";
  }
  return "";
}

}  // namespace tenure
