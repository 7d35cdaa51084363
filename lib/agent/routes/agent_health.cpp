// /v1/agent/health/service/: the health of a service of this agent, for load balancers. The status
// of the response says it, too.
#include <algorithm>

#include "agent/render/entries.hpp"
#include "agent/render/responses.hpp"
#include "agent/render/services.hpp"
#include "agent/routes/endpoints.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {
namespace {

using agent_checks = std::vector<const check_fields*>;

/// The worst of the states.
std::string_view aggregated(const agent_checks& checks) {
  const auto any = [&](auto has) {
    return std::any_of(checks.begin(), checks.end(),
                       [&](const check_fields* check) { return has(*check); });
  };
  if (any([](const check_fields& c) { return c.type == "maintenance"; })) return "maintenance";
  if (any([](const check_fields& c) { return c.critical(); })) return "critical";
  if (any([](const check_fields& c) { return c.status == "warning"; })) return "warning";
  return "passing";
}

unsigned status_of(std::string_view state) {
  constexpr unsigned warning = 429;
  constexpr unsigned failing = 503;
  if (state == "passing") return 200;
  return state == "warning" ? warning : failing;
}

bool wants_text(const request_context& context) {
  for (const auto& [name, value] : context.request.headers) {
    if (same_name(name, "Accept") && value.starts_with("text/plain")) return true;
  }
  return context.target.get("format") == "text";
}

/// The answer with that state, in JSON or as text.
runtime::http_response answer(unsigned status, std::string_view state, std::string body,
                              bool as_text) {
  runtime::http_response response = json_response(status, std::move(body));
  if (as_text) response.headers.front().second = "text/plain";
  response.headers.emplace_back("X-Consul-Reason", state);
  return response;
}

}  // namespace

/// Unlike the catalog's lists, these show no type and an empty definition of each check.
void endpoints::write_agent_health(text::json_writer& json, const service_fields& service,
                                   std::string_view state) const {
  json.begin_object().key("AggregatedStatus").value(state);
  json.key("Service");
  write_agent_service(json, service, agent_service_extras{shown_datacenter(), {}});
  json.key("Checks").begin_array();
  for (const check_fields* check : agent_checks_of(service)) {
    json.begin_object();
    json.key("Node").value(options_.node_name);
    json.key("CheckID").value(check->id);
    json.key("Name").value(check->name);
    json.key("Status").value(check->status);
    json.key("Notes").value(check->notes);
    json.key("Output").value(check->output);
    json.key("ServiceID").value(check->service_id);
    json.key("ServiceName").value(check->service_name);
    json.key("ServiceTags");
    if (check->service_tags.empty()) {
      json.null();
    } else {
      write_strings(json, check->service_tags);
    }
    json.key("Type").value("");
    if (traits_.shows_newer_members) json.key("ExposedPort").value(std::uint64_t{0});
    json.key("Definition").raw(traits_.empty_definition);
    json.key("CreateIndex").value(std::uint64_t{0});
    json.key("ModifyIndex").value(std::uint64_t{0});
    json.end_object();
  }
  json.end_array().end_object();
}

/// The service's checks and the node's.
std::vector<const check_fields*> endpoints::agent_checks_of(const service_fields& service) const {
  agent_checks found;
  for (const auto& [id, check] : services_.all_checks()) {
    if (check.service_id.empty() || check.service_id == service.id) found.push_back(&check);
  }
  return found;
}

maybe_response endpoints::agent_health_id(request_context& context) {
  if (context.rest.empty()) {
    return text_response(500, std::string(traits_.refusal_start) + "Missing serviceID");
  }
  if (maybe_response error = other_namespace(context)) return error;
  const bool as_text = wants_text(context);
  const service_fields* service = services_.find_service(context.rest);
  if (service == nullptr) {
    const std::string reason = "ServiceId " + context.rest + " not found";
    if (as_text && traits_.quotes_missing_service) {
      return answer(404, reason, '"' + reason + '"', false);
    }
    return answer(404, reason,
                  as_text ? reason
                          : R"({"AggregatedStatus":"critical","Service":null,"Checks":null})",
                  as_text);
  }
  const std::string_view state = aggregated(agent_checks_of(*service));
  text::json_writer body;
  write_agent_health(body, *service, state);
  return answer(status_of(state), state, as_text ? std::string(state) : body.take(), as_text);
}

maybe_response endpoints::agent_health_name(request_context& context) {
  if (context.rest.empty()) {
    return text_response(500, std::string(traits_.refusal_start) + "Missing service Name");
  }
  if (maybe_response error = other_namespace(context)) return error;
  unsigned status = 404;
  std::string worst = "ServiceName " + context.rest + " Not Found";
  text::json_writer body;
  body.begin_array();
  for (const auto& [id, service] : services_.all_services()) {
    if (service.name != context.rest) continue;
    const std::string_view state = aggregated(agent_checks_of(service));
    write_agent_health(body, service, state);
    if (status == 404 || status < status_of(state)) {
      status = status_of(state);
      worst = state;
    }
  }
  body.end_array();
  const bool as_text = wants_text(context);
  return answer(status, worst, as_text ? worst : body.take(), as_text);
}

}  // namespace tenure::agent
