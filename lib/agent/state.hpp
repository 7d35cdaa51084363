// The whole state of the agent and the endpoints that work on it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "agent/answer_sink.hpp"
#include "agent/fault_hooks.hpp"
#include "agent/handler_options.hpp"
#include "agent/kv_store.hpp"
#include "agent/locks.hpp"
#include "agent/parked_queries.hpp"
#include "agent/queries.hpp"
#include "agent/request_target.hpp"
#include "agent/service_table.hpp"
#include "agent/session_table.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::agent {

class check_request;

/// Bodies and values beyond this are refused, as by Consul.
inline constexpr std::size_t body_limit = 512 * 1024;

/// A request on its way through the endpoints.
class request_context {
 public:
  request_context(const runtime::http_request& request, request_target target, request_id id)
      : request(request), target(std::move(target)), id(id) {}

  const runtime::http_request& request;
  request_target target;
  request_id id;
  std::string rest;  ///< of the path, behind the endpoint's own
  bool pretty = false;
};

/// The parameters that every read takes.
class query_options {
 public:
  std::uint64_t after = 0;  ///< ?index
  duration wait{0};         ///< ?wait; 0 or less: the default
  const char* consistency = "leader";
};

/// An answer, or nothing where it comes later.
using maybe_response = std::optional<runtime::http_response>;

class handler_state final : private session_owner, private check_owner {
 public:
  handler_state(handler_options options, runtime::random_source& random, answer_sink& sink,
                time_point start);

  void handle(const runtime::http_request& request, time_point now, request_id id);
  void tick(time_point now);
  time_point next_deadline() const noexcept { return timers_.next(); }
  parked_queries& parked() noexcept { return parked_; }
  std::size_t sessions() const noexcept { return sessions_.size(); }
  std::uint64_t index() const noexcept { return index_; }

  // Endpoints, in routes_*.cpp.
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
  maybe_response service_register(request_context& context);
  maybe_response service_deregister(request_context& context);
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
  maybe_response catalog_service(request_context& context);

 private:
  friend class faults;
  /// Calls one of the state's own, again and again, whenever it is armed.
  class reaper : public runtime::timer {
   public:
    using call = void (handler_state::*)();
    reaper(handler_state& owner, call reap) : timer(&reaper::over), owner_(owner), reap_(reap) {}

   private:
    static void over(timer& t) noexcept;
    handler_state& owner_;
    call reap_;
  };

  // What the endpoints share, in state.cpp.
  /// Reads ?index, ?wait, ?stale and ?consistent; an error is the answer.
  maybe_response parse_options(const request_context& context, query_options& options) const;
  /// The answer to a request for another datacenter; nothing where it is for this one.
  maybe_response other_datacenter(const request_context& context) const;
  /// Namespaces are not for this edition.
  maybe_response other_namespace(const request_context& context) const;
  /// Consul's refusal of a body beyond the limit, which the front may not have taken in. `anchor`
  /// is where its documentation speaks of the limit.
  static maybe_response body_too_large(const request_context& context, std::string_view anchor);
  maybe_response ask(request_context& context, query q, const query_options& options);
  runtime::http_response json(const request_context& context, unsigned status,
                              std::string body) const;
  std::uint64_t next_index() noexcept { return ++index_; }
  void after_change();
  maybe_response route(request_context& context);

  maybe_response kv_get(request_context& context, const query_options& options);
  maybe_response kv_put(request_context& context);
  maybe_response kv_delete(request_context& context);
  void arm_session(session_record& session);
  void restart_ttls();
  void session_expired(session_record& session) noexcept override;
  void reap();

  maybe_response ask_services(request_context& context, query q, const query_options& options);
  maybe_response check_note(request_context& context, std::string_view status);
  /// The owner of a check said how it is.
  maybe_response heard_of(const std::string& id, std::string_view status, std::string_view output);
  void put_check(std::uint64_t index, const check_request& wanted);
  void set_check(check_record& check, std::string_view status, std::string output);
  /// Brings a check to the catalog. The sessions that are bound to it end if it is critical.
  void show_check(std::uint64_t index, check_record& check);
  void remove_check(std::uint64_t index, const std::string& id);
  void remove_service(const std::string& id);
  void check_expired(check_record& check) noexcept override;
  void check_output_due(check_record& check) noexcept override;
  void arm_reaping();
  void reap_services();
  void end_sessions_of(std::uint64_t index, const std::string& check);

  const handler_options options_;
  runtime::random_source& random_;
  answer_sink& sink_;
  const time_point start_;
  time_point now_;
  std::uint64_t index_;

  fault_hooks hooks_;
  watch_list woken_;
  kv_store keys_{woken_};
  session_table sessions_{woken_};
  const std::string node_id_;  // drawn by the table
  locks locks_;
  service_table services_{woken_, index_};
  query_reader reader_;
  parked_queries parked_{reader_, timers_, sink_, woken_};

  /// Tombstones up to an index are forgotten at an instant.
  struct grave {
    time_point at;
    std::uint64_t index;
  };
  std::deque<grave> graves_;
  std::uint64_t buried_ = 0;
  reaper reaper_{*this, &handler_state::reap};
  reaper check_reaper_{*this, &handler_state::reap_services};

  runtime::timer_heap timers_;  // the last: what is armed must be gone after it
};

}  // namespace tenure::agent
