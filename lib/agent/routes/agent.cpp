// /v1/status/ and /v1/agent/self: clients read them to identify the server.
#include <string>

#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

std::string host_of(std::string_view address) {
  return std::string(address.substr(0, address.rfind(':')));
}

std::uint64_t port_of(std::string_view address) {
  std::uint64_t port = 0;
  for (const char c : address.substr(address.rfind(':') + 1)) {
    if (c >= '0' && c <= '9') port = port * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return port;
}

}  // namespace

maybe_response endpoints::status_leader(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (maybe_response error = other_datacenter(context)) return error;
  text::json_writer body;
  body.value(options_.advertised);
  return json(context, 200, body.take());
}

maybe_response endpoints::status_peers(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (maybe_response error = other_datacenter(context)) return error;
  text::json_writer body;
  body.begin_array().value(options_.advertised).end_array();
  return json(context, 200, body.take());
}

/// The parts that clients read: consul/api and the consul command read Config, tools that look for
/// a server read Member and Stats. Consul's DebugConfig has 200 more members, for features that
/// this agent does not have.
maybe_response endpoints::agent_self(request_context& context) {
  const std::string host = host_of(options_.advertised);
  text::json_writer body;
  body.begin_object();

  body.key("Config").begin_object();
  body.key("Datacenter").value(options_.datacenter);
  if (traits_.shows_newer_members) body.key("PrimaryDatacenter").value(options_.datacenter);
  body.key("NodeName").value(options_.node_name);
  body.key("NodeID").value(node_id_);
  body.key("Revision").value("");
  body.key("Server").value(true);
  body.key("Version").value(traits_.release);
  if (traits_.shows_newer_members) body.key("BuildDate").value("1970-01-01T00:00:01Z");
  body.end_object();

  body.key("DebugConfig").begin_object();
  body.key("ACLsEnabled").value(false);
  body.key("AdvertiseAddrLAN").value(host);
  body.key("Bootstrap").value(true);
  body.key("Datacenter").value(options_.datacenter);
  body.key("DevMode").value(false);
  body.key("KVMaxValueSize").value(std::uint64_t{body_limit});
  body.key("NodeName").value(options_.node_name);
  body.key("ServerMode").value(true);
  body.key("TxnMaxReqLen").value(std::uint64_t{body_limit});
  body.end_object();

  body.key("Member").begin_object();
  body.key("Name").value(options_.node_name);
  body.key("Addr").value(host);
  body.key("Port").value(port_of(options_.advertised));
  body.key("Tags").begin_object();
  body.key("bootstrap").value("1");
  body.key("build").value(std::string(traits_.release) + ":");
  body.key("dc").value(options_.datacenter);
  body.key("id").value(node_id_);
  body.key("role").value("consul");
  body.end_object();
  body.key("Status").value(std::uint64_t{1});
  body.end_object();

  body.key("Stats").begin_object();
  body.key("build").begin_object();
  body.key("version").value(traits_.release);
  body.end_object();
  body.key("consul").begin_object();
  body.key("leader").value("true");
  body.key("leader_addr").value(options_.advertised);
  body.key("server").value("true");
  body.end_object();
  body.end_object();

  body.key("Meta").begin_object().end_object();
  body.end_object();
  return json(context, 200, body.take());
}

}  // namespace tenure::agent
