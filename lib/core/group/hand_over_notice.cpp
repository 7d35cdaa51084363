#include "core/group/hand_over_notice.hpp"

#include <charconv>

namespace tenure::core {
namespace {

/// A number and the space behind it.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto used = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || used == text.size() || text[used] != ' ') return std::nullopt;
  text.remove_prefix(used + 1);
  return number;
}

std::optional<handed_key> take_line(std::string_view& text) {
  const auto guard = take_number(text);
  const auto create_index = guard ? take_number(text) : std::nullopt;
  const auto lock_index = create_index ? take_number(text) : std::nullopt;
  const auto length = lock_index ? take_number(text) : std::nullopt;
  if (!length || *length >= text.size() || text[*length] != '\n') return std::nullopt;
  handed_key one{std::string(text.substr(0, *length)), *guard, *create_index, *lock_index};
  text.remove_prefix(*length + 1);
  return one;
}

}  // namespace

std::string seal_of(std::string_view notice_key) { return std::string(notice_key) + ".seal"; }

std::string notice_text(const std::vector<handed_key>& keys) {
  std::string text;
  for (const handed_key& one : keys) {
    for (const std::uint64_t number :
         {one.guard, one.create_index, one.lock_index, std::uint64_t{one.key.size()}}) {
      text += std::to_string(number) + ' ';
    }
    text += one.key + '\n';
  }
  return text;
}

std::optional<std::vector<handed_key>> parse_notice(std::string_view text) {
  std::vector<handed_key> keys;
  while (!text.empty()) {
    auto one = take_line(text);
    if (!one) return std::nullopt;
    keys.push_back(std::move(*one));
  }
  return keys;
}

}  // namespace tenure::core
