#include <cstdint>
#include <tenure/toolkit/ascii.hpp>
#include <vector>

#include "agent/go/json.hpp"
#include "agent/go/json_space.hpp"
#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace tenure::agent {
namespace {

using text::is_digit;
bool is_hex(char c) { return text::hex_value(c) >= 0; }

/// As Go quotes an offending byte.
std::string quote_char(char c) {
  if (c == '\'') return "'\\''";
  if (c == '"') return "'\"'";
  const auto byte = static_cast<unsigned char>(c);
  std::string out = "'";
  switch (c) {
    case '\\': out += "\\\\"; break;
    case '\a': out += "\\a"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\v': out += "\\v"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default:
      if (byte < ' ') {
        out += "\\x";
        text::append_hex(out, c);
      } else if (byte < 0x7f) {
        out += c;
      } else if (byte < 0xa1 || byte == 0xad) {
        out += "\\u00";
        text::append_hex(out, c);
      } else {  // the byte taken for a code point
        text::utf8_append(out, byte);
      }
  }
  return out + "'";
}

/// Checks one value, without recursion: clients control how deep it nests.
class scanner {
 public:
  explicit scanner(std::string_view text) : text_(text) {}

  /// Returns Go's error text; empty after a whole value.
  std::string scan() {
    skip_space();
    if (at_ == text_.size()) return "EOF";
    start_ = at_;
    if (value() && nested_values()) return {};
    return error_.empty() ? "unexpected EOF" : error_;
  }
  std::string_view found() const { return text_.substr(start_, at_ - start_); }

 private:
  static constexpr std::size_t deepest = 10'000;

  void skip_space() {
    while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  }
  bool end() const { return at_ == text_.size(); }
  bool fail(std::string_view context) {
    error_ = "invalid character " + quote_char(text_[at_]) + " " + std::string(context);
    return false;
  }

  /// Reads a value; of an object or array only the beginning up to and with its first innermost
  /// value. nested_values() reads the rest.
  bool value() {
    while (true) {
      skip_space();
      if (end()) return false;
      const char c = text_[at_];
      if (c == '{' || c == '[') {
        if (open_.size() == deepest) {
          error_ = "exceeded max depth";
          return false;
        }
        ++at_;
        open_.push_back(c);
        skip_space();
        if (end()) return false;
        if (text_[at_] == (c == '{' ? '}' : ']')) {
          ++at_;
          open_.pop_back();
          return true;
        }
        if (c == '{' && !key()) return false;
        continue;
      }
      if (c == '"') return string();
      if (c == '-' || is_digit(c)) return number();
      if (c == 't') return literal("true");
      if (c == 'f') return literal("false");
      if (c == 'n') return literal("null");
      return fail("looking for beginning of value");
    }
  }

  bool nested_values() {
    while (!open_.empty()) {
      skip_space();
      if (end()) return false;
      const bool object = open_.back() == '{';
      const char c = text_[at_];
      if (c == (object ? '}' : ']')) {
        ++at_;
        open_.pop_back();
        continue;
      }
      if (c != ',') return fail(object ? "after object key:value pair" : "after array element");
      ++at_;
      if (object) {
        skip_space();
        if (end() || !key()) return false;
      }
      if (!value()) return false;
    }
    return true;
  }

  bool key() {
    if (text_[at_] != '"') return fail("looking for beginning of object key string");
    if (!string()) return false;
    skip_space();
    if (end()) return false;
    if (text_[at_] != ':') return fail("after object key");
    ++at_;
    return true;
  }

  bool string() {
    for (++at_; !end(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(c) < ' ') return fail("in string literal");
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    ++at_;
    if (end()) return false;
    if (text_[at_] != 'u') {
      if (std::string_view("bfnrt\\/\"").find(text_[at_]) != std::string_view::npos) return true;
      return fail("in string escape code");
    }
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (end()) return false;
      if (!is_hex(text_[at_])) return fail("in \\u hexadecimal character escape");
    }
    return true;
  }

  bool number() {
    if (text_[at_] == '-') {
      ++at_;
      if (end()) return false;
      if (!is_digit(text_[at_])) return fail("in numeric literal");
    }
    if (text_[at_] == '0') {
      ++at_;
    } else {
      digits();
    }
    if (!end() && text_[at_] == '.') {
      ++at_;
      if (end()) return false;
      if (!is_digit(text_[at_])) return fail("after decimal point in numeric literal");
      digits();
    }
    if (!end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (end()) return false;
      if (!is_digit(text_[at_])) return fail("in exponent of numeric literal");
      digits();
    }
    return true;
  }
  void digits() {
    while (!end() && is_digit(text_[at_])) ++at_;
  }

  bool literal(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      ++at_;
      if (end()) return false;
      if (text_[at_] != word[i]) {
        return fail("in literal " + std::string(word) + " (expecting " + quote_char(word[i]) + ")");
      }
    }
    ++at_;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::vector<char> open_;
  std::string error_;
};

}  // namespace

go_json_syntax::go_json_syntax(std::string_view text) {
  scanner s(text);
  error_ = s.scan();
  if (error_.empty()) value_ = s.found();
}

}  // namespace tenure::agent
