// /v1/agent/check...: checks by TTL, and the sessions and services that depend on them.
#include <algorithm>
#include <utility>

#include "agent/filter/record_filter.hpp"
#include "agent/go/struct_reader.hpp"
#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/render/services.hpp"
#include "agent/requests/service_request.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t longest_output = 4096;
/// New output without a new status reaches the catalog this much later. Consul draws a delay
/// between half of this and one and a half.
constexpr duration output_delay = 5min;
/// How often the agent looks for services that were critical for too long, and the lower limit of
/// "too long".
constexpr duration reap_interval = 30s;
constexpr duration least_reap_after = 1min;

std::string no_ttl(const std::string& id) {
  return "CheckID " + go_quote(id) + " does not have associated TTL";
}

std::string shortened(std::string_view output) {
  if (output.size() <= longest_output) return std::string(output);
  return std::string(output.substr(0, longest_output)) + " ... (captured " +
         std::to_string(longest_output) + " of " + std::to_string(output.size()) + " bytes)";
}

}  // namespace

maybe_response endpoints::check_list(request_context& context) {
  if (maybe_response error = other_namespace(context)) return error;
  const record_filter filter(context.target.get("filter"), check_schema, traits_);
  if (!filter.error().empty()) return text_response(500, std::string(filter.bare_error()));
  text::json_writer body;
  body.begin_object();
  for (const auto& [id, check] : services_.all_checks()) {
    text::json_writer one;
    write_check(one, options_.node_name, check, {}, traits_);
    if (filter.matches(one.text())) body.key(id).raw(one.text());
  }
  body.end_object();
  return json(context, 200, body.take());
}

maybe_response endpoints::check_register(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  if (maybe_response error = other_namespace(context)) return error;
  check_request wanted;
  if (const std::string error = read_check_request(context.request.body, wanted, traits_);
      !error.empty()) {
    return text_response(400, "Request decode failed: " + error);
  }
  if (wanted.name.empty()) return text_response(400, "Missing check name");
  if (!wanted.status.empty() && !known_status(wanted.status)) {
    return text_response(400, "Bad check status");
  }
  if (const std::string error = wanted.refusal(traits_); !error.empty()) {
    return text_response(400, "Invalid check: " + error);
  }
  if (!wanted.service_id.empty() && services_.find_service(wanted.service_id) == nullptr) {
    return text_response(traits_.unknown_check_status,
                         "ServiceID " + go_quote(wanted.service_id) + " does not exist");
  }
  put_check(next_index(), wanted);
  return text_response(200, {});
}

maybe_response endpoints::check_deregister(request_context& context) {
  if (maybe_response error = other_namespace(context)) return error;
  const bool known = services_.find_check(context.rest) != nullptr;
  if (!known && traits_.misses_deregistered) return unknown_check(context.rest);
  if (context.rest.empty()) return text_response(500, "CheckID missing");
  if (known) remove_check(next_index(), context.rest);
  return text_response(200, {});
}

maybe_response endpoints::unknown_check(const std::string& id) const {
  return text_response(traits_.unknown_check_status,
                       traits_.misses_deregistered
                           ? "Unknown check ID " + go_quote(id) +
                                 ". Ensure that the check ID is passed, not the check name."
                           : no_ttl(id));
}

maybe_response endpoints::check_pass(request_context& context) {
  return check_note(context, "passing");
}

maybe_response endpoints::check_warn(request_context& context) {
  return check_note(context, "warning");
}

maybe_response endpoints::check_fail(request_context& context) {
  return check_note(context, "critical");
}

maybe_response endpoints::check_note(request_context& context, std::string_view status) {
  if (maybe_response error = other_namespace(context)) return error;
  return report_check(context.rest, status, context.target.get("note"));
}

maybe_response endpoints::check_update(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  if (maybe_response error = other_namespace(context)) return error;
  std::string status;
  std::string output;
  const go_json_syntax syntax(context.request.body);
  std::string error = syntax.error();
  if (syntax.ok()) {
    go_struct_reader fields(syntax.value(), "agent.checkUpdate");
    fields.inside("checkUpdate");
    error = fields.read([&](const std::string& name) {
      if (go_json_field(name, "Status")) return fields.text(status, "Status");
      if (go_json_field(name, "Output")) return fields.text(output, "Output");
      fields.unknown(name);
    });
  }
  if (!error.empty()) return text_response(400, "Request decode failed: " + error);
  if (!known_status(status)) {
    return text_response(400, "Invalid check status: '" + status + "'");
  }
  return report_check(context.rest, status, output);
}

// --- changes of checks --------------------------------------------------------------------------

maybe_response endpoints::report_check(const std::string& id, std::string_view status,
                                        std::string_view output) {
  check_entry* check = services_.find_check(id);
  if (check == nullptr) return unknown_check(id);
  if (check->ttl <= duration::zero()) return text_response(500, no_ttl(id));
  check->last_output = shortened(output);
  timers_.arm(check->expiry, now_ + check->ttl);
  set_check_status(*check, status, check->last_output);
  return text_response(200, {});
}

/// An existing check keeps its status and its output, and counts anew how long it is critical. A
/// check that Consul would run keeps its first status: this agent does not run it.
void endpoints::put_check(std::uint64_t index, const check_request& wanted) {
  check_entry& check = services_.check(wanted.id, *this);
  const bool created = !check.registered;
  check.registered = true;
  check.id = wanted.id;
  check.name = wanted.name;
  check.notes = wanted.notes;
  check.service_id = wanted.service_id;
  check.ttl = duration(wanted.ttl_ns);
  check.type = wanted.alias() ? "alias" : wanted.type;
  check.interval = wanted.shown(wanted.interval_ns);
  check.timeout = wanted.shown(wanted.timeout_ns);
  check.reap_after = wanted.reap_after_ns > 0
                         ? std::max(duration(wanted.reap_after_ns), least_reap_after)
                         : duration::zero();
  check.critical_since.reset();
  if (created && !wanted.status.empty()) check.status = wanted.status;
  if (const service_fields* service = services_.find_service(check.service_id)) {
    check.service_name = service->name;
    check.service_tags = service->tags;
  }
  services_.set_alias(check, wanted.alias_service, wanted.alias_node);
  if (check.ttl > duration::zero()) {
    timers_.arm(check.expiry, now_ + check.ttl);
  } else {
    timers_.disarm(check.expiry);
    if (check.type != "alias" && check.type != "maintenance") {
      sink_.check_not_run(check.id, check.type);
    }
  }
  show_check(index, check);
}

void endpoints::set_check_status(check_entry& check, std::string_view status, std::string output) {
  const bool critical = status == "critical";
  if (!critical) {
    check.critical_since.reset();
  } else if (!check.critical_since) {
    check.critical_since = now_;
    arm_reaping();
  }
  const bool same = check.status == status;
  if (same && check.output == output) return;
  check.output = std::move(output);
  if (same) {
    if (!check.output_due.armed()) timers_.arm(check.output_due, now_ + output_delay);
    return;
  }
  check.status = status;
  show_check(next_index(), check);
}

void endpoints::show_check(std::uint64_t index, check_entry& check) {
  timers_.disarm(check.output_due);
  catalog_.put_check(index, options_.node_name, check);
}

void endpoints::remove_check(std::uint64_t index, const std::string& id) {
  check_entry* check = services_.find_check(id);
  if (check == nullptr) return;
  timers_.disarm(check->expiry);
  timers_.disarm(check->output_due);
  services_.erase_check(id);
  catalog_.erase_check(index, options_.node_name, id);
}

void endpoints::check_expired(check_entry& check) noexcept {
  std::string output = "TTL expired";
  if (!check.last_output.empty()) {
    output += " (last output before timeout follows): " + check.last_output;
  }
  set_check_status(check, "critical", std::move(output));
}

void endpoints::check_output_due(check_entry& check) noexcept {
  show_check(next_index(), check);
}

void endpoints::arm_reaping() {
  if (service_reaper_.armed()) return;
  const auto life = now_ - start_;
  timers_.arm(service_reaper_, start_ + (life / reap_interval + 1) * reap_interval);
}

void endpoints::reap_services() {
  std::vector<std::string> gone;
  bool any_left = false;
  for (const auto& [id, check] : services_.all_checks()) {
    if (!check.critical_since || check.reap_after == duration::zero()) continue;
    const bool due = now_ - *check.critical_since > check.reap_after;
    if (due && !check.service_id.empty()) gone.push_back(check.service_id);
    any_left = any_left || !due;
  }
  for (const std::string& id : gone) remove_service(id);
  if (any_left) arm_reaping();
}

}  // namespace tenure::agent
