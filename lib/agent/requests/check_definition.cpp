#include "agent/requests/check_definition.hpp"

#include <array>
#include <tenure/toolkit/json_writer.hpp>

#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

enum class shape { text, truth, number, duration, texts, text_lists };

struct member {
  std::string_view name;
  shape is = shape::text;
};

/// In the order in which Consul shows them.
constexpr std::array<member, 24> members{{{"Interval", shape::duration},
                                          {"OutputMaxSize", shape::number},
                                          {"Timeout", shape::duration},
                                          {"DeregisterCriticalServiceAfter", shape::duration},
                                          {"HTTP"},
                                          {"TLSServerName"},
                                          {"TLSSkipVerify", shape::truth},
                                          {"Header", shape::text_lists},
                                          {"Method"},
                                          {"Body"},
                                          {"DisableRedirects", shape::truth},
                                          {"TCP"},
                                          {"TCPUseTLS", shape::truth},
                                          {"UDP"},
                                          {"H2PING"},
                                          {"OSService"},
                                          {"H2PingUseTLS", shape::truth},
                                          {"ScriptArgs", shape::texts},
                                          {"DockerContainerID"},
                                          {"Shell"},
                                          {"GRPC"},
                                          {"GRPCUseTLS", shape::truth},
                                          {"AliasNode"},
                                          {"AliasService"}}};

/// The next value in compact JSON; empty for the zero value of its kind.
std::string json_of(go_json_reader& value, shape is) {
  text::json_writer json;
  switch (value.peek()) {
    case go_json_reader::kind::string: {
      const std::string text = value.string();
      if (is != shape::duration) return text.empty() ? "" : json.value(text).take();
      const auto parsed = go_parse_duration(text);
      return parsed.value == 0 ? "" : json.value(go_format_duration(parsed.value)).take();
    }
    case go_json_reader::kind::number: {
      const std::string number(value.number());
      if (is != shape::duration) return number == "0" ? "" : number;
      const auto ns = go_parse_int(number);
      return ns.value == 0 ? "" : json.value(go_format_duration(ns.value)).take();
    }
    case go_json_reader::kind::boolean:
      return value.boolean() ? "true" : "";
    case go_json_reader::kind::array: {
      json.begin_array();
      std::size_t elements = 0;
      value.enter();
      for (; value.more(); ++elements) {
        const std::string one = json_of(value, shape::text);
        json.raw(one.empty() ? "\"\"" : one);
      }
      return elements == 0 ? "" : json.end_array().take();
    }
    case go_json_reader::kind::object: {
      std::map<std::string, std::string> sorted;
      value.enter();
      while (value.more()) {
        const std::string name = value.name();
        sorted[name] = json_of(value, shape::texts);
      }
      if (sorted.empty()) return "";
      json.begin_object();
      for (const auto& [name, one] : sorted) json.key(name).raw(one.empty() ? "null" : one);
      return json.end_object().take();
    }
    case go_json_reader::kind::null:
      break;
  }
  value.skip();
  return "";
}

}  // namespace

void check_definition::read(go_struct_reader& fields) {
  if (fields.is_null()) return;
  if (fields.json().peek() != go_json_reader::kind::object) {
    return fields.wrong_type("Definition", "structs.HealthCheckDefinition");
  }
  go_json_reader& json = fields.json();
  json.enter();
  while (json.more()) {
    const std::string name = json.name();
    const member* known = nullptr;
    for (const member& m : members) {
      if (go_json_field(name, m.name)) known = &m;
    }
    if (known == nullptr) {
      json.skip();
      continue;
    }
    std::string value = json_of(json, known->is);
    if (!value.empty()) members_[std::string(known->name)] = std::move(value);
  }
}

std::string check_definition::json() const {
  text::json_writer json;
  json.begin_object();
  for (const member& m : members) {
    const auto found = members_.find(m.name);
    if (found != members_.end()) json.key(m.name).raw(found->second);
  }
  return json.end_object().take();
}

std::string_view check_definition::type() const {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kinds{
      {{"GRPC", "grpc"},
       {"HTTP", "http"},
       {"TCP", "tcp"},
       {"UDP", "udp"},
       {"AliasNode", "alias"},
       {"AliasService", "alias"},
       {"DockerContainerID", "docker"},
       {"ScriptArgs", "script"}}};
  for (const auto& [name, type] : kinds) {
    if (members_.contains(name)) return type;
  }
  return {};
}

}  // namespace tenure::agent
