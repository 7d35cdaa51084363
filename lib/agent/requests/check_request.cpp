#include "agent/requests/check_request.hpp"

#include <algorithm>
#include <array>

#include "agent/go/json.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

constexpr std::string_view check_type_start =
    R"(struct { Interval interface {}; Timeout interface {}; TTL interface {}; )"
    R"(DeregisterCriticalServiceAfter interface {}; Args []string "json:\"args\""; )"
    R"(ScriptArgsSnake []string "json:\"script_args\""; DeregisterCriticalServiceAfterSnake )"
    R"(interface {} "json:\"deregister_critical_service_after\""; DockerContainerIDSnake )"
    R"(string "json:\"docker_container_id\""; TLSSkipVerifySnake bool )"
    R"("json:\"tls_skip_verify\""; )";

enum class check_place { in_service, alone };

/// How Go names the type of a check.
std::string type_of_check(check_place place) {
  return std::string(check_type_start) +
         (place == check_place::in_service ? R"(ServiceID string "json:\"ServiceID\""; )" : "") +
         R"(ServiceIDSnake string "json:\"service_id\""; *structs.Alias })";
}

/// What Consul runs, by the member of a check that names it. Of several, the first in this list
/// counts.
struct probe_kind {
  std::string_view member;
  std::string_view type;
  bool newer = false;
};
constexpr std::array<probe_kind, 7> probes{{{"GRPC", "grpc"},
                                            {"HTTP", "http"},
                                            {"TCP", "tcp"},
                                            {"UDP", "udp", true},
                                            {"DockerContainerID", "docker"},
                                            {"H2PING", "h2ping", true},
                                            {"OSService", "os_service", true}}};

/// Reads one check. `field`: the place that errors name; empty for a check on its own.
class check_reader {
 public:
  check_reader(go_struct_reader& fields, check_request& into, std::string_view field,
               const consul_traits& traits)
      : fields_(fields), into_(into), field_(field), traits_(traits) {}

  void member(const std::string& name) {
    if (go_json_field(name, "Name")) {
      text(into_.name, "Name");
    } else if (go_json_field(name, "Status")) {
      text(into_.status, "Status");
    } else if (go_json_field(name, "Notes")) {
      text(into_.notes, "Notes");
    } else if (go_json_field(name, alone() ? "ID" : "CheckID")) {
      text(into_.id, alone() ? "ID" : "CheckID");
    } else if (go_json_field(name, "ServiceID") || go_json_field(name, "service_id")) {
      text(into_.service_id, "ServiceID");
    } else if (alone() && go_json_field(name, "Token")) {
      ignored_text("Token");
    } else if (go_json_field(name, "TTL")) {
      fields_.time(into_.ttl_ns, error_);
    } else if (go_json_field(name, "DeregisterCriticalServiceAfter") ||
               go_json_field(name, "deregister_critical_service_after")) {
      fields_.time(into_.reap_after_ns, error_);
    } else if (go_json_field(name, "Interval")) {
      fields_.time(into_.interval_ns, error_);
    } else if (go_json_field(name, "Timeout")) {
      fields_.time(into_.timeout_ns, error_);
    } else if (go_json_field(name, "OutputMaxSize")) {
      fields_.integer(into_.output_size, shown("OutputMaxSize"));
    } else if (!probe(name)) {
      fields_.unknown(name);
    }
  }

  /// About an invalid duration. Consul reports it after all other errors.
  const std::string& error() const noexcept { return error_; }

 private:
  bool alone() const noexcept { return field_.empty(); }
  std::string_view shown(std::string_view field) const noexcept { return alone() ? field : field_; }
  void text(std::string& into, std::string_view field) { fields_.text(into, shown(field)); }
  void ignored_text(std::string_view field) {
    std::string ignored;
    text(ignored, field);
  }

  /// A member of checks that Consul runs by itself; false if `name` is none.
  bool probe(std::string_view name) {
    for (const probe_kind& kind : probes) {
      const bool snake = kind.type == "docker" && go_json_field(name, "docker_container_id");
      if ((!go_json_field(name, kind.member) && !snake) ||
          (kind.newer && !traits_.has_newer_checks))
        continue;
      std::string value;
      text(value, kind.member);
      if (!value.empty()) take_type(kind.type);
      return true;
    }
    for (const std::string_view field : {"ScriptArgs", "Args", "script_args"}) {
      if (!go_json_field(name, field)) continue;
      std::vector<std::string> arguments;
      fields_.list(arguments, shown(field));
      if (!arguments.empty()) take_type("script");
      return true;
    }
    if (go_json_field(name, "AliasNode")) {
      text(into_.alias_node, "AliasNode");
    } else if (go_json_field(name, "AliasService")) {
      text(into_.alias_service, "AliasService");
    } else {
      return detail(name);
    }
    return true;
  }

  /// How a check is run; this agent keeps nothing of it.
  bool detail(std::string_view name) {
    const auto any = [name](std::initializer_list<std::string_view> members) {
      return std::any_of(members.begin(), members.end(),
                         [name](std::string_view member) { return go_json_field(name, member); });
    };
    const bool newer = traits_.has_newer_checks;
    if (any({"Shell", "Method", "Body", "ProxyHTTP", "ProxyGRPC"}) ||
        (newer && any({"TLSServerName", "tls_server_name"}))) {
      ignored_text(name);
    } else if (any({"GRPCUseTLS", "TLSSkipVerify", "tls_skip_verify"}) ||
               (newer && any({"grpc_use_tls", "TCPUseTLS", "tcp_use_tls", "H2PingUseTLS",
                              "h2ping_use_tls", "DisableRedirects"}))) {
      bool ignored = false;
      fields_.boolean(ignored, shown(name));
    } else if (any({"Header", "SuccessBeforePassing", "FailuresBeforeCritical"}) ||
               (newer && any({"FailuresBeforeWarning"}))) {
      fields_.json().skip();
    } else {
      return false;
    }
    return true;
  }

  /// Consul's order of types, if a check names several.
  void take_type(std::string_view type) {
    const auto rank = [](std::string_view of) {
      return std::find_if(probes.begin(), probes.end(),
                          [of](const probe_kind& kind) { return kind.type == of; });
    };
    if (into_.type == "ttl" || rank(type) < rank(into_.type)) into_.type = type;
  }

  go_struct_reader& fields_;
  check_request& into_;
  std::string_view field_;
  const consul_traits& traits_;
  std::string error_;
};

}  // namespace

bool known_status(std::string_view status) noexcept {
  return status == "passing" || status == "warning" || status == "critical";
}

bool check_request::empty() const noexcept {
  return id.empty() && name.empty() && notes.empty() && status.empty() && ttl_ns == 0 &&
         interval_ns == 0 && reap_after_ns == 0 && output_size == 0 && type == "ttl" && !alias();
}

std::string check_request::shown(std::int64_t ns) const {
  return ns > 0 || alone ? go_format_duration(ns) : std::string();
}

std::string check_request::refusal(const consul_traits& traits) const {
  const bool probed = type != "ttl";
  if (interval_ns > 0 && ttl_ns > 0) return "Interval and TTL cannot both be specified";
  if (probed && interval_ns <= 0) return std::string(traits.interval_missing);
  if (probed && alias()) return "Interval cannot be set for Alias checks";
  if (alias() && ttl_ns > 0) return "TTL must be not be set for Alias checks";
  if (!probed && !alias() && ttl_ns <= 0) return "TTL must be > 0 for TTL checks";
  if (output_size < 0) return "MaxOutputMaxSize must be positive";
  return {};
}

void read_service_check(go_struct_reader& fields, std::string_view field, check_request& check,
                        const consul_traits& traits) {
  if (fields.is_null()) return;
  if (fields.json().peek() != go_json_reader::kind::object) {
    return fields.wrong_type(field, type_of_check(check_place::in_service));
  }
  check_reader reader(fields, check, field, traits);
  fields.json().enter();
  while (fields.json().more()) reader.member(fields.json().name());
  if (!reader.error().empty()) fields.fail(reader.error());
  check.service_id.clear();
}

std::string read_check_request(std::string_view body, check_request& check,
                               const consul_traits& traits) {
  const go_json_syntax syntax(body);
  if (!syntax.ok()) return syntax.error();
  const std::string type = type_of_check(check_place::alone);
  go_struct_reader fields(syntax.value(), type);
  check_reader reader(fields, check, {}, traits);
  const std::string error =
      fields.read([&reader](const std::string& name) { reader.member(name); });
  if (check.id.empty()) check.id = check.name;
  check.alone = true;
  return error.empty() ? reader.error() : error;
}

}  // namespace tenure::agent
