#include "common/argument_checks.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <tenure/bad_configuration.hpp>
#include <tenure/key_error.hpp>
#include <tenure/membership.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "common/visible_controls.hpp"

namespace tenure::apps {

// Of bytes that are not UTF-8 require_utf8_options() speaks, as it does for every option.
std::string check_key(const std::string& text) {
  return text::is_utf8(text) ? key_error(text) : "";
}

std::string check_key_prefix(const std::string& text) {
  return text::is_utf8(text) ? key_prefix_error(text) : "";
}

std::string prefix_error(const std::string& text, const char* what) {
  const std::string prefix = without_end_slashes(text);
  if (prefix.empty()) return std::string("the prefix of ") + what + " cannot be empty";
  return key_error(prefix);
}

std::string check_group_prefix(const std::string& text) {
  return text::is_utf8(text) ? prefix_error(text, "a group") : "";
}

std::string check_member_name(const std::string& text) {
  if (!text::is_utf8(text)) return "";
  try {
    membership(text, candidacy("a value")).check();
  } catch (const bad_configuration& e) {
    return e.what();
  }
  return "";
}

std::string without_end_slashes(std::string prefix) {
  while (prefix.ends_with('/')) prefix.pop_back();
  return prefix;
}

std::string check_variable_name(const std::string& name) {
  const bool right = !name.empty() && !text::is_digit(name.front()) &&
                     std::ranges::all_of(name, [](char c) {
                       return text::is_letter_or_digit(c) || c == '_';
                     });
  if (right) return "";
  // What follows may be a secret.
  const std::size_t equals = name.find('=');
  if (equals != name.npos && equals > 0)
    return "'" + with_visible_controls(name.substr(0, equals)) +
           "' is followed by a value; write the name alone, and set the variable";
  return "'" + with_visible_controls(name) + "' is not the name of a variable";
}

std::string check_host_name(const std::string& host) {
  constexpr std::string_view marks = "-._:[]";
  constexpr std::size_t longest = 255;
  const bool fits = !host.empty() && host.size() <= longest;
  const bool right = fits && std::ranges::all_of(host, [&](char c) {
    return text::is_letter_or_digit(c) || marks.find(c) != marks.npos;
  });
  return right ? "" : "'" + with_visible_controls(host) + "' is not the name of a host: write it "
                      "as box.example";
}

std::string check_label(const std::string& label) {
  if (std::ranges::none_of(label, text::is_control)) return "";
  return "'" + with_visible_controls(label) + "' has control characters: leave them out";
}

std::function<std::string(const std::string&)> whole_number(std::uint64_t least,
                                                            std::uint64_t most) {
  return [least, most](const std::string& text) {
    if (text.size() > 1 && text.front() == '0') {  // CLI11 would take it as octal
      return "'" + text + "' begins with 0: write the number without";
    }
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number);
    const bool good = error == std::errc() && at == end && number >= least && number <= most;
    return good ? std::string()
                : "'" + text + "' is not a whole number from " + std::to_string(least) + " to " +
                      std::to_string(most);
  };
}

std::function<std::string(const std::string&)> decimal_number(double most) {
  return [most](const std::string& text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
    // Not a number compares as false.
    const bool good = error == std::errc() && at == end && number >= 0 && number <= most;
    if (good) return std::string();
    char limit[32];
    std::snprintf(limit, sizeof limit, "%.0f", most);
    return "'" + text + "' is not a number from 0 to " + limit;
  };
}

}  // namespace tenure::apps
