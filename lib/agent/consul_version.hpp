// How the versions of Consul that the agent can answer as differ: each difference is a named trait.
// The agent asks a trait by its name and never compares versions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tenure/consul_version.hpp>

namespace tenure::agent {

/// How one version of Consul behaves. Measured on the release that `release` names.
struct consul_traits {
  std::string_view release;  ///< what Consul reports of itself: "1.8.7"

  // --- HTTP -------------------------------------------------------------------------------------
  /// The value of X-Consul-Default-Acl-Policy; empty: Consul does not send the header.
  std::string_view acl_policy;
  /// The value of X-Consul-Query-Backend in the answer to a query; empty: no header.
  std::string_view query_backend;
  /// The same for a health/service query with an index, whose answer then names no leader;
  /// empty: as for any other query.
  std::string_view health_backend;
  /// Whether a health/service query that failed before it started has the headers of a query.
  bool failed_health_query_has_meta;
  /// Whether an empty body has a Content-Type.
  bool types_empty_bodies;
  /// Of the redirect from an unclean path. It follows the Go release that built Consul: Go 1.26
  /// answers 307, earlier ones 301.
  unsigned redirect_status;
  /// Whether %2F counts as a slash when a path is cleaned.
  bool cleans_escaped_slashes;
  /// Whether a semicolon separates the parameters of a query; otherwise it makes the query invalid.
  bool splits_at_semicolon;
  /// Whether JSON has \b and \f; otherwise \u0008 and \u000c.
  bool short_json_escapes;
  std::string_view root_text;      ///< for the path /
  std::string_view no_such_path;   ///< for a path below /v1/ that is no endpoint
  std::string_view no_such_api;    ///< for any other path
  std::string_view limits_page;    ///< where Consul documents its limits
  std::string_view refusal_start;  ///< before the refusal of a namespace
  /// Whether there are admin partitions, which only Consul Enterprise accepts.
  bool has_partitions;
  std::string_view conflict_end;   ///< after the refusal of conflicting parameters
  /// A connection above the limit is closed: with a 429, or without a word.
  bool answers_excess_connection;

  // --- sessions and locks -----------------------------------------------------------------------
  /// Whether a session id that is no UUID is an error; otherwise it is an unknown session.
  bool refuses_malformed_sessions;
  /// Before the error of a session/create, or of an acquire, that went through raft.
  std::string_view session_error_start;
  std::string_view lock_error_start;
  /// Whether a check without an id, to which a session is bound, is refused in other words.
  bool names_empty_check;

  // --- services and checks ----------------------------------------------------------------------
  /// The status that answers an update of an unknown check, and a check of an unknown service.
  unsigned unknown_check_status;
  /// Whether deregistering an unknown service or check is an error, and an empty id an unknown one.
  bool misses_deregistered;
  /// Whether a service that is Connect-native needs a port or a socket.
  bool native_needs_port;
  std::string_view interval_missing;  ///< for a check without an interval that needs one
  /// Whether services have SocketPath and Locality.
  bool has_service_places;
  /// Whether checks have UDP, H2PING, OSService, and the members that came with them.
  bool has_newer_checks;
  /// Whether JSON shows Datacenter of a service, PeerName, Proxy.Mode, the SocketPath and Locality
  /// of a catalog entry, Interval, Timeout and ExposedPort of a check, the version of a node; and
  /// omits the Port 0 of a service in health.
  bool shows_newer_members;

  // --- the catalog ------------------------------------------------------------------------------
  /// Whether a node has its own index, which its services change, too. The index of a missing node
  /// is then that of the last one that went.
  bool nodes_have_indexes;
  /// Whether a registration is checked before it takes an index, and the words of its refusals.
  bool checks_registrations_first;
  /// Whether catalog/services and agent/members take a filter; otherwise they ignore it.
  bool filters_all_lists;
  /// Whether the text of agent/health about a missing service is JSON.
  bool quotes_missing_service;
  std::string_view ca_root_name;
  /// What agent/health shows of every check's definition.
  std::string_view empty_definition;

  // --- transactions -----------------------------------------------------------------------------
  std::size_t most_operations;
  /// Whether an unknown verb is refused before the other operations are looked at.
  bool checks_verbs_first;
  bool has_get_or_empty;
  /// Of a transaction that only reads: the member Index, and whether its answer ends with
  /// NotModified, Backend and ResultsFilteredByACLs.
  std::uint64_t read_index;
  bool read_has_newer_members;

  // --- blocking queries -------------------------------------------------------------------------
  /// Whether a query on a missing key, or session, wakes for its neighbours, with their index;
  /// otherwise it waits until there is something.
  bool missing_wakes_for_neighbours;
};

inline constexpr consul_traits consul_1_8{
    .release = "1.8.7",
    .acl_policy = {},
    .query_backend = {},
    .health_backend = {},
    .failed_health_query_has_meta = true,
    .types_empty_bodies = false,
    .redirect_status = 301,
    .cleans_escaped_slashes = true,
    .splits_at_semicolon = true,
    .short_json_escapes = false,
    .root_text = "Consul Agent",
    .no_such_path = {},
    .no_such_api = {},
    .limits_page = "https://www.consul.io/docs/agent/options.html",
    .refusal_start = "Bad request: ",
    .has_partitions = false,
    .conflict_end = {},
    .answers_excess_connection = false,
    .refuses_malformed_sessions = true,
    .session_error_start = {},
    .lock_error_start = {},
    .names_empty_check = false,
    .unknown_check_status = 500,
    .misses_deregistered = false,
    .native_needs_port = false,
    .interval_missing = "Interval must be > 0 for Script, HTTP, or TCP checks",
    .has_service_places = false,
    .has_newer_checks = false,
    .shows_newer_members = false,
    .nodes_have_indexes = false,
    .checks_registrations_first = false,
    .filters_all_lists = false,
    .quotes_missing_service = true,
    .ca_root_name = "Consul CA Root Cert",
    .empty_definition =
        R"({"Interval":"0s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s","HTTP":"",)"
        R"("Header":null,"Method":"","Body":"","TLSSkipVerify":false,"TCP":""})",
    .most_operations = 64,
    .checks_verbs_first = false,
    .has_get_or_empty = false,
    .read_index = 0,
    .read_has_newer_members = false,
    .missing_wakes_for_neighbours = true,
};

inline constexpr consul_traits consul_1_21{
    .release = "1.21.4",
    .acl_policy = "allow",
    .query_backend = "blocking-query",
    .health_backend = "streaming",
    .failed_health_query_has_meta = false,
    .types_empty_bodies = true,
    .redirect_status = 307,
    .cleans_escaped_slashes = false,
    .splits_at_semicolon = false,
    .short_json_escapes = true,
    .root_text =
        "Consul Agent: UI disabled. To enable, set ui_config.enabled=true in the agent "
        "configuration and restart.",
    .no_such_path = "Invalid URL path: not a recognized HTTP API endpoint\n",
    .no_such_api = "Invalid URL path: if attempting to use the HTTP API, ensure the path starts "
                   "with '/v1/'\n",
    .limits_page = "https://developer.hashicorp.com/docs/agent/config/config-files",
    .refusal_start = {},
    .has_partitions = true,
    .conflict_end = "\n",
    .answers_excess_connection = true,
    .refuses_malformed_sessions = false,
    .session_error_start = "apply failed: ",
    .lock_error_start = "raft apply failed: ",
    .names_empty_check = true,
    .unknown_check_status = 404,
    .misses_deregistered = true,
    .native_needs_port = true,
    .interval_missing =
        "Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks",
    .has_service_places = true,
    .has_newer_checks = true,
    .shows_newer_members = true,
    .nodes_have_indexes = true,
    .checks_registrations_first = true,
    .filters_all_lists = true,
    .quotes_missing_service = false,
    .ca_root_name = "Consul CA Primary Cert",
    .empty_definition =
        R"({"Interval":"0s","Timeout":"0s","DeregisterCriticalServiceAfter":"0s","HTTP":"",)"
        R"("Header":null,"Method":"","Body":"","TLSServerName":"","TLSSkipVerify":false,)"
        R"("TCP":"","TCPUseTLS":false,"UDP":"","GRPC":"","OSService":"","GRPCUseTLS":false})",
    .most_operations = 128,
    .checks_verbs_first = true,
    .has_get_or_empty = true,
    .read_index = 1,
    .read_has_newer_members = true,
    .missing_wakes_for_neighbours = false,
};

constexpr const consul_traits& traits_of(consul_version version) noexcept {
  return version == consul_version::v1_8 ? consul_1_8 : consul_1_21;
}

}  // namespace tenure::agent
