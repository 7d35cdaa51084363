// Datacenters, and the namespaces and partitions of Consul Enterprise.
#include <string>
#include <string_view>

#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {
namespace {

std::string_view header(const request_context& context, std::string_view wanted) noexcept {
  for (const auto& [name, value] : context.request.headers) {
    if (same_name(name, wanted)) return value;
  }
  return {};
}

}  // namespace

maybe_response endpoints::other_datacenter(const request_context& context) const {
  const std::string_view wanted = context.target.get("dc");
  if (wanted.empty() || wanted == options_.datacenter) return std::nullopt;
  return text_response(500, "No path to datacenter");
}

maybe_response endpoints::other_namespace(const request_context& context) const {
  if (options_.enterprise) return std::nullopt;
  const auto refused = [&](const std::string& what, const char* feature) {
    return text_response(400, std::string(traits_.refusal_start) + "Invalid " + what + " - " +
                                  feature + " are a Consul Enterprise feature");
  };
  if (!header(context, "X-Consul-Namespace").empty())
    return refused("header: \"X-Consul-Namespace\"", "Namespaces");
  if (!context.target.get("ns").empty()) return refused("query parameter: \"ns\"", "Namespaces");
  if (!traits_.has_partitions) return std::nullopt;
  if (!header(context, "X-Consul-Partition").empty())
    return refused("header: \"X-Consul-Partition\"", "Partitions");
  if (!context.target.get("partition").empty())
    return refused("query parameter: \"partition\"", "Partitions");
  return std::nullopt;
}

// Sessions are refused here, before anything else of the request is looked at. Endpoints that look
// at other things first refuse a tenant by themselves; transactions and the status never do.
maybe_response endpoints::refused_tenant(const request_context& context, std::string_view path) {
  if (path == "/v1/txn" || path.starts_with("/v1/status/")) return std::nullopt;
  note_tenant(context, std::string(context.target.get("ns")),
              std::string(context.target.get("partition")));
  return path.starts_with("/v1/session/") ? other_namespace(context) : std::nullopt;
}

void endpoints::note_tenant(const request_context& context, const std::string& name_space,
                            const std::string& partition) {
  if (!options_.enterprise) return;
  tenants_.insert({.datacenter = std::string(context.target.get("dc")),
                   .partition = partition,
                   .name_space = name_space});
}

}  // namespace tenure::agent
