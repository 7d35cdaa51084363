#include <tenure/toolkit/request_secrets.hpp>

#include <algorithm>
#include <set>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/json_string.hpp>
#include <utility>

namespace tenure::text {
namespace {

constexpr std::string_view mark = "(hidden)";
// Shorter ones are parts of ordinary words, and to hide them there would show them.
constexpr std::size_t shortest_credential = 4;
constexpr std::size_t shortest_value = 8;
// An answer may repeat the beginning of a request.
constexpr std::size_t shortest_part = 12;

std::string in_json(std::string_view text, json_escapes how) {
  std::string quoted;
  append_json_string(quoted, text, how);
  return quoted.substr(1, quoted.size() - 2);
}

std::size_t common_length(std::string_view a, std::string_view b) noexcept {
  return static_cast<std::size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

// How far a value begins after the beginning of `text`, which is `"Value":"` or, in a string of
// JSON, `\"Value\":\"`; 0 for another text.
std::size_t value_after(std::string_view text) noexcept {
  std::size_t at = 0;
  const auto skip = [&](std::string_view word) {
    if (!text.substr(at).starts_with(word)) return false;
    at += word.size();
    return true;
  };
  const auto skip_quote = [&] {
    while (skip("\\")) {
    }
    return skip("\"");
  };
  const auto skip_space = [&] {
    while (skip(" ") || skip("\t") || skip("\r") || skip("\n")) {
    }
  };
  if (!skip_quote() || !(skip("Value") || skip("value")) || !skip_quote()) return 0;
  skip_space();
  if (!skip(":")) return 0;
  skip_space();
  return skip_quote() ? at : 0;
}

}  // namespace

request_secrets::request_secrets(std::string_view token, std::string_view basic_auth,
                                 std::string_view body) {
  add(token, shortest_credential);
  add(basic_auth, shortest_credential);
  if (const std::size_t colon = basic_auth.find(':'); colon != basic_auth.npos) {
    add(basic_auth.substr(0, colon), shortest_credential);
    add(basic_auth.substr(colon + 1), shortest_credential);
  }
  constexpr std::string_view begin = "\"Value\":\"";
  std::set<std::string_view> known;  // the elections of a process often have one value
  for (std::size_t at = 0; (at = body.find(begin, at)) != body.npos;) {
    at += begin.size();
    const std::string_view coded = body.substr(at, body.find('"', at) - at);
    if (!known.insert(coded).second) continue;
    const std::string value = base64_decode(coded).value_or("");
    // A key or a session that is also a value is no secret.
    if (body.find(value) == body.npos) add(value, shortest_value);
  }
}

void request_secrets::add(std::string_view secret, std::size_t shortest) {
  if (secret.size() < shortest) return;
  const bool in_part = shortest == shortest_credential;
  forms_.push_back({std::string(secret), in_part});
  for (const json_escapes how : {json_escapes::go, json_escapes::terminal})
    forms_.push_back({in_json(secret, how), in_part});
  forms_.push_back({base64_encode(secret), true});
  for (const form& one : forms_) begins_.set(static_cast<unsigned char>(one.text.front()));
}

// The length of the secret that `text` begins with; 0 if with none.
std::size_t request_secrets::secret_at(std::string_view text) const noexcept {
  if (!begins_.test(static_cast<unsigned char>(text.front()))) return 0;
  std::size_t longest = 0;
  for (const form& one : forms_) {
    const std::size_t same = common_length(one.text, text);
    const bool whole = same == one.text.size();
    if (whole || (one.in_part && same >= shortest_part)) longest = std::max(longest, same);
  }
  return longest;
}

std::string request_secrets::hidden(std::string_view text, std::size_t most) const {
  std::string shown;
  for (std::size_t at = 0; at < text.size() && shown.size() < most;) {
    const std::string_view rest = text.substr(at);
    if (const std::size_t length = secret_at(rest)) {
      shown += mark;
      at += length;
    } else if (const std::size_t begin = value_after(rest)) {
      shown += rest.substr(0, begin);
      const std::string_view value = rest.substr(begin, rest.find_first_of("\"\\", begin) - begin);
      if (!value.empty()) shown += mark;
      at += begin + value.size();
    } else {
      shown += text[at++];
    }
  }
  return shown;
}

}  // namespace tenure::text
