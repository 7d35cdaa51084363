#include "agent/requests/session_request.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "agent/go/json.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

/// Reads the members of a session and keeps the first type error, as Go does.
class session_reader {
 public:
  explicit session_reader(std::string_view value) : json_(value) {}

  std::string read(session_request& wanted) {
    if (json_.peek() == go_json_reader::kind::null) return {};
    if (json_.peek() != go_json_reader::kind::object) {
      return "json: cannot unmarshal " + std::string(json_.peek_name()) +
             " into Go value of type struct { LockDelay interface {}; *structs.Alias }";
    }
    json_.enter();
    while (json_.more()) member(wanted);
    return error_.empty() ? lock_delay(wanted) : error_;
  }

 private:
  void member(session_request& wanted) {
    const std::string name = json_.name();
    if (go_json_field(name, "Name")) {
      text(wanted.name, "Name", "string");
    } else if (go_json_field(name, "Node")) {
      text(wanted.node, "Node", "string");
    } else if (go_json_field(name, "Behavior")) {
      text(wanted.behavior, "Behavior", "structs.SessionBehavior");
    } else if (go_json_field(name, "TTL")) {
      text(wanted.ttl, "TTL", "string");
    } else if (go_json_field(name, "ID")) {
      std::string ignored;
      text(ignored, "ID", "string");
    } else if (go_json_field(name, "Checks")) {
      list(wanted.checks, "Checks", "[]types.CheckID", "types.CheckID");
    } else if (go_json_field(name, "NodeChecks")) {
      list(wanted.node_checks, "NodeChecks", "[]string", "string");
    } else if (go_json_field(name, "ServiceChecks")) {
      service_checks(wanted);
    } else if (go_json_field(name, "LockDelay")) {
      read_lock_delay();
    } else if (go_json_field(name, "CreateIndex") || go_json_field(name, "ModifyIndex")) {
      ignored_index(go_json_field(name, "CreateIndex") ? "CreateIndex" : "ModifyIndex");
    } else {
      json_.skip();
    }
  }

  void wrong_type(std::string_view field, std::string_view type, std::string_view detail = {}) {
    if (error_.empty()) {
      error_ = "json: cannot unmarshal " + std::string(json_.peek_name()) + std::string(detail) +
               " into Go struct field " + (field.find('.') == field.npos ? "." : "") +
               std::string(field) + " of type " + std::string(type);
    }
    json_.skip();
  }

  void text(std::string& into, std::string_view field, std::string_view type) {
    if (json_.peek() == go_json_reader::kind::string) {
      into = json_.string();
    } else if (json_.peek() == go_json_reader::kind::null) {
      json_.skip();
    } else {
      wrong_type(field, type);
    }
  }

  void list(std::optional<std::vector<std::string>>& into, std::string_view field,
            std::string_view type, std::string_view element_type) {
    if (json_.peek() == go_json_reader::kind::null) {
      json_.skip();
      into.reset();
      return;
    }
    if (json_.peek() != go_json_reader::kind::array) return wrong_type(field, type);
    // Go reuses the default's memory: a null element keeps the old one.
    const std::vector<std::string> before = into.value_or(std::vector<std::string>{});
    into.emplace();
    json_.enter();
    while (json_.more()) {
      const std::size_t i = into->size();
      into->push_back(i < before.size() ? before[i] : std::string());
      text(into->back(), field, element_type);
    }
  }

  void service_checks(session_request& wanted) {
    if (json_.peek() == go_json_reader::kind::null) {
      json_.skip();
      wanted.service_checks.reset();
      return;
    }
    if (json_.peek() != go_json_reader::kind::array) {
      return wrong_type("ServiceChecks", "[]structs.ServiceCheck");
    }
    wanted.service_checks.emplace();
    json_.enter();
    while (json_.more()) {
      service_check& check = wanted.service_checks->emplace_back();
      if (json_.peek() == go_json_reader::kind::null) {
        json_.skip();
      } else if (json_.peek() != go_json_reader::kind::object) {
        wrong_type("ServiceChecks", "structs.ServiceCheck");
      } else {
        json_.enter();
        while (json_.more()) {
          const std::string name = json_.name();
          if (go_json_field(name, "ID")) {
            text(check.id, "ServiceCheck.ServiceChecks.ID", "string");
          } else if (go_json_field(name, "Namespace")) {
            text(check.name_space, "ServiceCheck.ServiceChecks.Namespace", "string");
          } else {
            json_.skip();
          }
        }
      }
    }
  }

  /// Consul ignores its value, but insists on a number.
  void ignored_index(std::string_view field) {
    if (json_.peek() == go_json_reader::kind::null) return json_.skip();
    if (json_.peek() != go_json_reader::kind::number) return wrong_type(field, "uint64");
    go_json_reader ahead = json_;
    const std::string written(ahead.number());
    if (!go_parse_uint(written).ok()) return wrong_type(field, "uint64", " " + written);
    json_ = ahead;
  }

  void read_lock_delay() {
    delay_kind_ = json_.peek();
    if (delay_kind_ == go_json_reader::kind::string) {
      delay_text_ = json_.string();
    } else if (delay_kind_ == go_json_reader::kind::number) {
      delay_text_ = json_.number();
    } else {
      json_.skip();
    }
  }

  /// A string is a duration, a number nanoseconds. Consul takes less than 1,000 ns for seconds,
  /// negative values included. Any other type counts as 0, and null as absent.
  std::string lock_delay(session_request& wanted) const {
    std::int64_t ns = 0;
    if (delay_kind_ == go_json_reader::kind::null) return {};
    if (delay_kind_ == go_json_reader::kind::string) {
      const auto parsed = go_parse_duration(delay_text_);
      if (!parsed.ok()) return parsed.error;
      ns = parsed.value;
    } else if (delay_kind_ == go_json_reader::kind::number) {
      const double number = std::strtod(delay_text_.c_str(), nullptr);
      constexpr double limit = 9223372036854775808.0;
      ns = number > -limit && number < limit ? static_cast<std::int64_t>(number)
                                             : std::numeric_limits<std::int64_t>::min();
    }
    constexpr std::int64_t threshold = 1000;
    if (ns < threshold) {  // overflows as Go's multiplication does
      ns = static_cast<std::int64_t>(static_cast<std::uint64_t>(ns) * 1'000'000'000U);
    }
    wanted.lock_delay_ns = ns;
    return {};
  }

  go_json_reader json_;
  std::string error_;
  go_json_reader::kind delay_kind_ = go_json_reader::kind::null;
  std::string delay_text_;
};

}  // namespace

std::string session_request::read(std::string_view body) {
  const go_json_syntax syntax(body);
  if (!syntax.ok()) return syntax.error();
  const std::string error = session_reader(syntax.value()).read(*this);
  if (!error.empty()) return error;
  // How Consul merges the two names.
  if (!checks || checks->empty()) {
    node_checks.emplace();
  } else if (!node_checks || node_checks->empty()) {
    checks.reset();
  }
  return {};
}

}  // namespace tenure::agent
