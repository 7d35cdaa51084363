// /v1/status/, /v1/agent/self, members and Connect's roots: clients read them to identify the
// server.
#include <string>
#include <utility>

#include "agent/filter/record_filter.hpp"
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

void endpoints::put_own_node(std::uint64_t index) {
  using text_map = node_fields::text_map;
  const bool newer = traits_.shows_newer_members;
  const std::string address = host_of(options_.advertised);
  node_fields node;
  node.id = node_id_;
  node.name = options_.node_name;
  node.address = address;
  node.datacenter = options_.datacenter;
  node.tagged_addresses = text_map{
      {"lan", address}, {"lan_ipv4", address}, {"wan", address}, {"wan_ipv4", address}};
  node.meta = text_map{{"consul-network-segment", ""}};
  if (newer) node.meta->emplace("consul-version", traits_.release);
  catalog_.put_node(index, std::move(node));

  service_fields consul;
  consul.id = consul.name = "consul";
  consul.port = static_cast<std::int64_t>(port_of(options_.advertised));
  consul.meta = {{"non_voter", "false"},           {"raft_version", "3"},
                 {"serf_protocol_current", "2"},   {"serf_protocol_max", "5"},
                 {"serf_protocol_min", "1"},       {"version", std::string(traits_.release)}};
  if (newer) consul.meta.emplace("read_replica", "false");
  catalog_.put_service(index, options_.node_name, std::move(consul));
  catalog_.put_check(index, options_.node_name, node_health());
  catalog_.put_coordinate(index, options_.node_name, {}, std::string(origin_coordinate));
}

/// For clients that wait for a root: see render/ca_roots.hpp.
maybe_response endpoints::ca_roots(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (maybe_response error = other_datacenter(context)) return error;
  query q;
  q.what = query::subject::ca_roots;
  return run_query(context, std::move(q), options);
}

void endpoints::write_member(text::json_writer& json, const std::string& name) const {
  // The versions of the gossip and of its delegate: the same in all versions of Consul.
  constexpr std::pair<const char*, std::uint64_t> bounds[] = {
      {"ProtocolMin", 1}, {"ProtocolMax", 5}, {"ProtocolCur", 2},
      {"DelegateMin", 2}, {"DelegateMax", 5}, {"DelegateCur", 4}};
  json.begin_object();
  json.key("Name").value(name);
  json.key("Addr").value(host_of(options_.advertised));
  json.key("Port").value(port_of(options_.advertised));
  json.key("Tags").begin_object();
  json.key("acls").value("0");
  json.key("bootstrap").value("1");
  json.key("build").value(std::string(traits_.release) + ":");
  json.key("dc").value(options_.datacenter);
  json.key("id").value(node_id_);
  json.key("port").value(std::to_string(port_of(options_.advertised)));
  json.key("role").value("consul");
  json.key("segment").value("");
  json.key("vsn").value("2");
  json.key("vsn_max").value("3");
  json.key("vsn_min").value("2");
  json.end_object();
  json.key("Status").value(std::uint64_t{1});
  for (const auto& [name, version] : bounds) json.key(name).value(version);
  json.end_object();
}

maybe_response endpoints::agent_members(request_context& context) {
  const std::string_view expression =
      traits_.filters_all_lists ? context.target.get("filter") : std::string_view();
  const record_filter filter(expression, member_schema, traits_);
  if (!filter.error().empty()) return text_response(500, filter.error());
  std::string name = options_.node_name;
  if (context.target.has("wan")) name += "." + options_.datacenter;
  text::json_writer member;
  write_member(member, name);
  text::json_writer body;
  body.begin_array();
  if (filter.matches(member.text())) body.raw(member.text());
  body.end_array();
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
  body.key("HTTPMaxConnsPerClient").value(std::uint64_t{options_.most_connections});
  body.key("KVMaxValueSize").value(std::uint64_t{body_limit});
  body.key("NodeName").value(options_.node_name);
  body.key("ServerMode").value(true);
  body.key("TxnMaxReqLen").value(std::uint64_t{body_limit});
  body.end_object();

  body.key("Member");
  write_member(body, options_.node_name);

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
