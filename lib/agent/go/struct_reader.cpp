#include "agent/go/struct_reader.hpp"

#include <charconv>
#include <cstdlib>
#include <limits>

#include "agent/go/text.hpp"

namespace tenure::agent {

bool go_struct_reader::is_null() {
  if (json_.peek() != go_json_reader::kind::null) return false;
  json_.skip();
  return true;
}

void go_struct_reader::fail(std::string text) {
  if (error_.empty()) error_ = std::move(text);
}

void go_struct_reader::unknown(std::string_view name) {
  fail("json: unknown field " + go_quote(name));
  json_.skip();
}

void go_struct_reader::wrong_type(std::string_view field, std::string_view type,
                           std::string_view detail) {
  fail("json: cannot unmarshal " + std::string(json_.peek_name()) + std::string(detail) +
           " into Go struct field " + field_prefix_ + std::string(field) + " of type " +
           std::string(type));
  json_.skip();
}

void go_struct_reader::text(std::string& into, std::string_view field) {
  if (is_null()) return;
  if (json_.peek() != go_json_reader::kind::string) return wrong_type(field, "string");
  into = json_.string();
}

void go_struct_reader::boolean(bool& into, std::string_view field) {
  if (is_null()) return;
  if (json_.peek() != go_json_reader::kind::boolean) return wrong_type(field, "bool");
  into = json_.boolean();
}

void go_struct_reader::integer(std::int64_t& into, std::string_view field) {
  if (is_null()) return;
  if (json_.peek() != go_json_reader::kind::number) return wrong_type(field, "int");
  go_json_reader ahead = json_;
  const std::string_view written = ahead.number();
  std::int64_t value = 0;
  const auto [end, code] =
      std::from_chars(written.data(), written.data() + written.size(), value);
  if (code != std::errc() || end != written.data() + written.size()) {
    return wrong_type(field, "int", " " + std::string(written));
  }
  into = value;
  json_ = ahead;
}

void go_struct_reader::list(std::vector<std::string>& into, std::string_view field) {
  if (json_.peek() == go_json_reader::kind::null) into.clear();
  if (is_null()) return;
  if (json_.peek() != go_json_reader::kind::array) return wrong_type(field, "[]string");
  into.clear();
  json_.enter();
  while (json_.more()) text(into.emplace_back(), field);
}

void go_struct_reader::map(std::map<std::string, std::string>& into, std::string_view field) {
  if (json_.peek() == go_json_reader::kind::null) into.clear();
  if (is_null()) return;
  if (json_.peek() != go_json_reader::kind::object) return wrong_type(field, "map[string]string");
  json_.enter();
  while (json_.more()) {
    std::string key = json_.name();
    std::string value;
    text(value, field);
    into[std::move(key)] = std::move(value);
  }
}

void go_struct_reader::time(std::int64_t& ns, std::string& error) {
  if (json_.peek() == go_json_reader::kind::string) {
    const auto parsed = go_parse_duration(json_.string());
    if (!parsed.ok() && error.empty()) error = parsed.error;
    if (parsed.ok()) ns = parsed.value;
  } else if (json_.peek() == go_json_reader::kind::number) {
    const double number = std::strtod(std::string(json_.number()).c_str(), nullptr);
    constexpr double limit = 9223372036854775808.0;
    ns = number > -limit && number < limit ? static_cast<std::int64_t>(number)
                                           : std::numeric_limits<std::int64_t>::min();
  } else {
    json_.skip();
  }
}

}  // namespace tenure::agent
