// Consul: the embedded agent's handler, the same code that the HTTP server runs, behind the faults
// of real servers.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/fault_injection.hpp"
#include "agent/handler.hpp"
#include "sim/ground_truth.hpp"
#include "sim/inflight_request.hpp"
#include "sim/scenario.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// one: an operator deregisters it; all: the agent restarts without them.
enum class service_loss : std::uint8_t { one, all };
enum class connect_result : std::uint8_t { accepted, refused, too_many };

class server final : private agent::answer_sink {
 public:
  server(world& its_world, const scenario& its_scenario, ground_truth& truth);
  ~server() override;

  // -- connections -------------------------------------------------------------------------------
  /// Opens a connection from that address, which counts until the client calls hang_up().
  connect_result connect(std::size_t address);
  void hang_up(std::size_t address, std::uint64_t epoch);
  std::uint64_t epoch() const noexcept { return epoch_; }

  /// The request arrives after `sent->fate.request_delay`, even if its sender gives up.
  void send(const std::shared_ptr<inflight_request>& sent);
  /// The client has closed the connection. It still counts while the server serves the request.
  void abandon(inflight_request& sent);
  /// A request of an operator: served at once, by the leader.
  runtime::http_response serve_now(runtime::http_request request, actor by = operators);

  // -- faults ------------------------------------------------------------------------------------
  void change_leader(duration without);
  void lose_quorum(duration lasting);
  void depose(duration lasting);
  /// A server with its state on disk: loses connections and lock-delays.
  void restart(duration down);
  /// The embedded agent: loses everything. Clean only if no session is alive.
  void restart_agent(duration down);
  /// A server that starts with an empty data directory: its indexes begin again.
  void lose_data(duration down);
  void lose_services(service_loss which);
  /// The keys below a prefix as they are, and as they were: see agent::fault_injection.
  std::vector<agent::kv_fields> snapshot(const std::string& prefix);
  void restore(const std::string& prefix, const std::vector<agent::kv_fields>& keys);
  void wake_all();
  void shorten_lock_delays();
  /// From now on it has no faults.
  void stop_faults();

  agent::handler& handler() noexcept { return *handler_; }
  std::size_t connections(std::size_t address) const noexcept { return open_[address]; }
  std::uint64_t requests() const noexcept { return requests_; }

 private:
  struct past_answer {
    time_point at;
    runtime::http_response response;
  };
  class tick_timer;
  agent::fault_injection& faults() noexcept { return handler_->faults(); }
  void answered(agent::request_id id, runtime::http_response response) override;
  void start_handler(std::uint64_t start_index, duration start_lock_delay);
  void arrive(const std::shared_ptr<inflight_request>& sent);
  bool misbehave(const std::shared_ptr<inflight_request>& sent);
  bool lose_outcome(const std::shared_ptr<inflight_request>& sent);
  bool answer_from_past(const std::shared_ptr<inflight_request>& sent);
  void hold_silently(const std::shared_ptr<inflight_request>& sent);
  void serve(const std::shared_ptr<inflight_request>& sent);
  void tick();
  void record_changes(actor by);
  void rearm();
  void reply(const std::shared_ptr<inflight_request>& sent, runtime::http_response response);
  void reply_from_past(const std::shared_ptr<inflight_request>& sent, const past_answer& answer);
  void fail(const std::shared_ptr<inflight_request>& sent, unsigned status, std::string text);
  void release_slot(inflight_request& sent);
  void drop_connections();
  void note_session(const inflight_request& sent, const runtime::http_response& response);
  void remember(const inflight_request& sent, const runtime::http_response& response);

  world& world_;
  const scenario& scenario_;
  server_rates rates_;
  std::size_t limit_;
  ground_truth& truth_;
  std::unique_ptr<runtime::random_source> random_;
  std::unique_ptr<agent::handler> handler_;
  std::unique_ptr<tick_timer> tick_;

  /// At the handler, or held back.
  std::map<agent::request_id, std::shared_ptr<inflight_request>> inflight_;
  /// Old answers, by the target of the read.
  std::map<std::string, std::deque<past_answer>, std::less<>> past_;
  std::vector<std::size_t> open_;  // connections, by address
  std::optional<runtime::http_response> immediate_;  // of serve_now()
  agent::request_id last_id_ = 0;
  std::uint64_t epoch_ = 1;
  std::uint64_t requests_ = 0;
  time_point down_until_ = time_point::min();
  time_point leaderless_until_ = time_point::min();
  time_point quorum_lost_until_ = time_point::min();
  time_point deposed_until_ = time_point::min();
};

}  // namespace tenure::sim
