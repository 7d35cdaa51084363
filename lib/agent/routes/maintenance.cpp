// /v1/agent/maintenance and /v1/agent/service/maintenance/: a critical check takes the node, or a
// service, out of the lists of healthy ones.
#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/requests/check_request.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

std::string no_reason(std::string_view what) {
  return "Maintenance mode is enabled for this " + std::string(what) +
         ", but no reason was provided. This is a default message.";
}

/// The refusal of a missing or wrong ?enable.
maybe_response wrong_enable(const request_target& target) {
  if (!target.has("enable")) return text_response(400, "Missing value for enable");
  const std::string_view value = target.get("enable");
  if (go_parse_bool(value).ok()) return std::nullopt;
  return text_response(400, "Invalid value for enable: " + go_quote(value));
}

}  // namespace

maybe_response endpoints::agent_maintenance(request_context& context) {
  return set_maintenance(context, nullptr);
}

maybe_response endpoints::service_maintenance(request_context& context) {
  if (context.rest.empty()) return text_response(400, "Missing service ID");
  if (maybe_response error = wrong_enable(context.target)) return error;
  if (maybe_response error = other_namespace(context)) return error;
  const service_fields* service = services_.find_service(context.rest);
  if (service != nullptr) return set_maintenance(context, service);
  return text_response(404, traits_.misses_deregistered
                                ? "Unknown service ID " + go_quote(context.rest) +
                                      ". Ensure that the service ID is passed, not the service "
                                      "name."
                                : "No service registered with ID " + go_quote(context.rest));
}

maybe_response endpoints::set_maintenance(request_context& context,
                                          const service_fields* service) {
  const request_target& target = context.target;
  if (maybe_response error = wrong_enable(target)) return error;
  const bool enable = go_parse_bool(target.get("enable")).value;
  check_request wanted;
  wanted.id = service != nullptr ? "_service_maintenance:" + service->id : "_node_maintenance";
  const bool enabled = services_.find_check(wanted.id) != nullptr;
  if (enabled == enable) return text_response(200, {});
  if (!enable) {
    remove_check(next_index(), wanted.id);
    return text_response(200, {});
  }
  wanted.name = service != nullptr ? "Service Maintenance Mode" : "Node Maintenance Mode";
  wanted.notes = target.get("reason");
  if (wanted.notes.empty()) wanted.notes = no_reason(service != nullptr ? "service" : "node");
  wanted.status = "critical";
  wanted.type = "maintenance";
  if (service != nullptr) wanted.service_id = service->id;
  put_check(next_index(), wanted);
  return text_response(200, {});
}

}  // namespace tenure::agent
