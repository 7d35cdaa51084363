// The endpoints of the agent and the state that they work on.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tenure/toolkit/json_writer.hpp>

#include "agent/answer_sink.hpp"
#include "agent/consul_version.hpp"
#include "agent/fault_injection.hpp"
#include "agent/handler_options.hpp"
#include "agent/queries/parked_queries.hpp"
#include "agent/queries/query_reader.hpp"
#include "agent/requests/request_target.hpp"
#include "agent/state/catalog.hpp"
#include "agent/state/event_log.hpp"
#include "agent/state/kv_store.hpp"
#include "agent/state/locks.hpp"
#include "agent/state/service_table.hpp"
#include "agent/state/session_table.hpp"
#include "agent/tenant.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::agent {

class catalog_registration;
class check_request;
struct route_entry;

/// Consul's limit of bodies and values.
inline constexpr std::size_t body_limit = 512 * 1024;

/// A request as the endpoints see it.
class request_context {
 public:
  request_context(const runtime::http_request& request, request_target target, request_id id)
      : request(request), target(std::move(target)), id(id) {}

  const runtime::http_request& request;
  request_target target;
  request_id id;
  std::string rest;  ///< of the path, after the endpoint's own
  bool pretty = false;
};

/// The network coordinate of a node that measured none.
inline constexpr std::string_view origin_coordinate =
    R"({"Vec":[0,0,0,0,0,0,0,0],"Error":1.5,"Adjustment":0,"Height":0.00001})";

/// The parameters of every read.
class query_options {
 public:
  std::uint64_t after = 0;  ///< ?index
  duration wait{0};         ///< ?wait; 0 or less: the default
  const char* consistency = "leader";
};

/// A response, or nothing if it comes later.
using maybe_response = std::optional<runtime::http_response>;

class endpoints final : public fault_injection,
                        private session_owner,
                        private check_owner,
                        private catalog_listener {
 public:
  endpoints(handler_options options, runtime::random_source& random, answer_sink& sink,
            time_point start);

  void handle(const runtime::http_request& request, time_point now, request_id id);
  void tick(time_point now);
  time_point next_deadline() const noexcept { return timers_.next(); }
  parked_queries& parked() noexcept { return parked_; }
  std::size_t sessions() const noexcept { return sessions_.size(); }
  bool forgets_nothing(time_point now, duration lease) const noexcept;
  std::uint64_t index() const noexcept { return index_; }
  const std::set<tenant>& tenants() const noexcept { return tenants_; }

  // The endpoints, one file for each group.
  maybe_response kv(request_context& context);
  maybe_response session_create(request_context& context);
  maybe_response session_destroy(request_context& context);
  maybe_response session_renew(request_context& context);
  maybe_response session_info(request_context& context);
  maybe_response session_node(request_context& context);
  maybe_response session_list(request_context& context);
  maybe_response txn(request_context& context);
  maybe_response status_leader(request_context& context);
  maybe_response status_peers(request_context& context);
  maybe_response agent_self(request_context& context);
  maybe_response agent_members(request_context& context);
  maybe_response agent_maintenance(request_context& context);
  maybe_response agent_health_id(request_context& context);
  maybe_response agent_health_name(request_context& context);
  maybe_response service_register(request_context& context);
  maybe_response service_deregister(request_context& context);
  maybe_response service_maintenance(request_context& context);
  maybe_response service_list(request_context& context);
  maybe_response service_show(request_context& context);
  maybe_response check_list(request_context& context);
  maybe_response check_register(request_context& context);
  maybe_response check_deregister(request_context& context);
  maybe_response check_pass(request_context& context);
  maybe_response check_warn(request_context& context);
  maybe_response check_fail(request_context& context);
  maybe_response check_update(request_context& context);
  maybe_response health_service(request_context& context);
  maybe_response health_node(request_context& context);
  maybe_response health_checks(request_context& context);
  maybe_response health_state(request_context& context);
  maybe_response catalog_datacenters(request_context& context);
  maybe_response catalog_nodes(request_context& context);
  maybe_response catalog_node(request_context& context);
  maybe_response catalog_services(request_context& context);
  maybe_response catalog_service(request_context& context);
  maybe_response catalog_node_services(request_context& context);
  maybe_response catalog_register(request_context& context);
  maybe_response catalog_deregister(request_context& context);
  maybe_response event_fire(request_context& context);
  maybe_response event_list(request_context& context);
  maybe_response coordinate_datacenters(request_context& context);
  maybe_response coordinate_nodes(request_context& context);
  maybe_response coordinate_node(request_context& context);
  maybe_response coordinate_update(request_context& context);
  maybe_response ca_roots(request_context& context);

  // fault_injection, in routes/faults.cpp.
  void set_session_life(std::function<duration(duration ttl)> life) override;
  void restart_ttls() override;
  void freeze_sessions() override;
  void unfreeze_sessions() override;
  void set_lock_delay_mode(lock_delay_mode mode) override;
  void cut_lock_delays(time_point until) override;
  void record_changes() override;
  std::vector<std::string> take_changes() override;
  std::vector<std::string> service_ids() const override;
  std::optional<kv_fields> find(const std::string& key) const override;
  std::vector<kv_fields> snapshot(const std::string& prefix) const override;
  void restore(const std::string& prefix, const std::vector<kv_fields>& keys) override;

 private:
  /// Passes on the responses of endpoints, finished as the version does it.
  class endpoint_sink final : public answer_sink {
   public:
    endpoint_sink(answer_sink& to, const consul_traits& traits) : to_(to), traits_(traits) {}
    void answered(request_id id, runtime::http_response response) override;

   private:
    answer_sink& to_;
    const consul_traits& traits_;
  };

  /// A timer that calls one of the endpoints' methods.
  class reaper : public runtime::timer {
   public:
    using call = void (endpoints::*)();
    reaper(endpoints& owner, call reap) : timer(&reaper::fire), owner_(owner), reap_(reap) {}

   private:
    static void fire(timer& t) noexcept;
    endpoints& owner_;
    call reap_;
  };

  // Shared by the endpoints, in endpoints.cpp and tenancy.cpp.
  /// Reads ?index, ?wait, ?stale and ?consistent; returns the response to an invalid one.
  maybe_response parse_options(const request_context& context, query_options& options) const;
  /// The response to a request for another datacenter; nothing if it is for this one.
  maybe_response other_datacenter(const request_context& context) const;
  /// The response to a request for a namespace or a partition, which only Consul Enterprise has.
  maybe_response other_namespace(const request_context& context) const;
  maybe_response refused_tenant(const request_context& context, std::string_view path);
  void note_tenant(const request_context& context, const std::string& name_space,
                   const std::string& partition);
  /// Consul's refusal of a body above the limit, which the HTTP server may not have read. `anchor`:
  /// the place in Consul's documentation that explains the limit.
  maybe_response body_too_large(const request_context& context, std::string_view anchor) const;
  maybe_response run_query(request_context& context, query q, const query_options& options);
  runtime::http_response json(const request_context& context, unsigned status,
                              std::string body) const;
  std::uint64_t next_index() noexcept { return ++index_; }
  void after_change();
  /// Finds the endpoint for the request and responds.
  void route(request_context& context);
  maybe_response serve(request_context& context, const route_entry& route);

  maybe_response kv_get(request_context& context, const query_options& options);
  maybe_response kv_put(request_context& context);
  maybe_response kv_delete(request_context& context);
  /// Whether the version refuses that id instead of calling the session unknown.
  bool malformed(const session_key& key) const noexcept;
  void arm_session(session_entry& session);
  void session_expired(session_entry& session) noexcept override;
  void reap_tombstones();

  /// A query of catalog or health. `missing`: the refusal of an empty rest of the path; empty: the
  /// endpoint takes none.
  maybe_response query_catalog(request_context& context, query q, std::string_view missing);
  maybe_response refused_query(const query& q, std::string text) const;
  /// Registers this node with its service `consul`, its health check and its coordinate.
  void put_own_node(std::uint64_t index);
  void put_own_registrations();
  /// These return Consul's error text; empty on success.
  std::string check_refusal(const catalog_registration& wanted) const;
  std::string put_registration(std::uint64_t index, catalog_registration& wanted);
  /// A member of the gossip pool, with the members that consul/api reads.
  void write_member(text::json_writer& json, const std::string& name) const;
  /// The datacenter that agent/services shows; empty: none.
  std::string_view shown_datacenter() const noexcept;
  void write_agent_health(text::json_writer& json, const service_fields& service,
                          std::string_view state) const;
  std::vector<const check_fields*> agent_checks_of(const service_fields& service) const;
  maybe_response unknown_check(const std::string& id) const;
  maybe_response check_note(request_context& context, std::string_view status);
  /// The owner of a check reported its status.
  maybe_response report_check(const std::string& id, std::string_view status,
                              std::string_view output);
  void put_check(std::uint64_t index, const check_request& wanted);
  void set_check_status(check_entry& check, std::string_view status, std::string output);
  /// Copies a check to the catalog. If it is critical, the sessions bound to it end.
  void show_check(std::uint64_t index, check_entry& check);
  /// Gives the alias checks the status of the checks that they repeat.
  void update_aliases();
  /// Whether an alias check changed.
  bool update_alias(check_entry& alias);
  /// Puts a service, or with a null one this node, into maintenance, or ends it.
  maybe_response set_maintenance(request_context& context, const service_fields* service);
  void remove_check(std::uint64_t index, const std::string& id);
  void remove_service(const std::string& id);
  void check_expired(check_entry& check) noexcept override;
  void check_output_due(check_entry& check) noexcept override;
  void arm_reaping();
  void reap_services();
  void check_failed(std::uint64_t index, const std::string& node,
                    const std::string& check) override;
  void node_gone(std::uint64_t index, const std::string& node) override;
  /// Ends the sessions that `wanted(session)` chooses.
  template <class Wanted>
  void end_sessions(std::uint64_t index, Wanted wanted);

  const handler_options options_;
  std::set<tenant> tenants_;
  const consul_traits& traits_{traits_of(options_.version)};
  runtime::random_source& random_;
  answer_sink& sink_;
  endpoint_sink endpoint_sink_{sink_, traits_};
  const time_point start_;
  time_point now_;
  std::uint64_t index_;

  // Set by fault_injection.
  std::function<duration(duration ttl)> session_life_;  ///< empty: twice the TTL
  bool sessions_frozen_ = false;
  std::vector<std::string> changed_keys_;

  watch_list woken_;
  kv_store keys_{woken_};
  session_table sessions_{woken_};
  const std::string node_id_;  // drawn by the table
  locks locks_;
  service_table services_;
  catalog catalog_{woken_, *this, traits_, index_};
  event_log events_{woken_};
  query_reader reader_{keys_, sessions_, catalog_, events_, traits_};
  parked_queries parked_{reader_, timers_, endpoint_sink_, woken_};

  /// At `at` the tombstones up to `index` go.
  struct tombstone_batch {
    time_point at;
    std::uint64_t index;
  };
  std::deque<tombstone_batch> tombstones_;
  std::uint64_t last_tombstone_ = 0;
  reaper tombstone_reaper_{*this, &endpoints::reap_tombstones};
  reaper service_reaper_{*this, &endpoints::reap_services};

  runtime::timer_heap timers_;  // the last member: destroyed before every timer armed in it
};

}  // namespace tenure::agent
