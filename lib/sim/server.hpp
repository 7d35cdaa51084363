// Consul: the embedded agent's handler, the very code that the HTTP front serves, and before it
// everything by which real servers surprise their clients.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/fault_injection.hpp"
#include "agent/handler.hpp"
#include "sim/inflight_request.hpp"
#include "sim/scenario.hpp"
#include "sim/ground_truth.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

enum class connect_result : std::uint8_t { accepted, refused, too_many };

class server final : private agent::answer_sink {
 public:
  server(world& its_world, const scenario& its_scenario, ground_truth& what_is);
  ~server() override;

  // -- connections -------------------------------------------------------------------------------
  /// A connection from that address: counted until hang_up(), by whoever opened it.
  connect_result connect(std::size_t address);
  void hang_up(std::size_t address, std::uint64_t epoch);
  std::uint64_t epoch() const noexcept { return epoch_; }

  /// The request arrives after `f->fate.there`, whatever becomes of its sender.
  void send(const std::shared_ptr<inflight_request>& f);
  /// The client has closed the connection. The slot stays taken while the server is at it.
  void abandon(inflight_request& f);
  /// An operator's request: at once, and by the leader.
  runtime::http_response ask(runtime::http_request request, actor by = operators);

  // -- misbehaviour ------------------------------------------------------------------------------
  void change_leader(duration without);
  void lose_quorum(duration lasting);
  void depose(duration lasting);
  /// A server that keeps its state, on disk: connections and lock-delays go.
  void restart(duration down);
  /// The embedded agent: everything goes. Clean only where no session is alive.
  void restart_agent(duration down);
  /// Takes services away, one of them or all.
  void forget_services(bool one);
  void wake_all();
  void shorten_lock_delays();
  /// From now on it behaves.
  void calm();

  agent::handler& handler() noexcept { return *handler_; }
  std::size_t connections(std::size_t address) const noexcept { return open_[address]; }
  std::size_t busy() const noexcept { return inflight_.size(); }
  std::uint64_t requests() const noexcept { return requests_; }

 private:
  class tick_timer;
  class remembered {
   public:
    time_point at;
    runtime::http_response response;
  };

  void answered(agent::request_id id, runtime::http_response response) override;
  void start_handler(std::uint64_t start_index, duration start_lock_delay);
  void arrive(const std::shared_ptr<inflight_request>& f);
  bool misbehave(const std::shared_ptr<inflight_request>& f);
  bool lose_outcome(const std::shared_ptr<inflight_request>& f);
  bool answer_from_past(const std::shared_ptr<inflight_request>& f);
  void hold_silently(const std::shared_ptr<inflight_request>& f);
  void serve(const std::shared_ptr<inflight_request>& f);
  void tick();
  void after(actor by);
  void rearm();
  void reply(const std::shared_ptr<inflight_request>& f, runtime::http_response response);
  void fail(const std::shared_ptr<inflight_request>& f, unsigned status, std::string text);
  void release_slot(inflight_request& f);
  void drop_connections();
  void remember(const inflight_request& f, const runtime::http_response& response);

  world& world_;
  const scenario& scenario_;
  server_rates rates_;
  std::size_t limit_;
  ground_truth& truth_;
  std::unique_ptr<runtime::random_source> random_;
  std::unique_ptr<agent::handler> handler_;
  std::unique_ptr<agent::fault_injection> faults_;
  std::unique_ptr<tick_timer> tick_;

  std::map<agent::request_id, std::shared_ptr<inflight_request>> inflight_;  // handed to the handler or held
  std::map<std::string, std::deque<remembered>, std::less<>> past_;
  std::vector<std::size_t> open_;  // connections, by address
  std::optional<runtime::http_response> asked_;
  agent::request_id last_id_ = 0;
  std::uint64_t epoch_ = 1;
  std::uint64_t requests_ = 0;
  time_point down_until_ = time_point::min();
  time_point leaderless_until_ = time_point::min();
  time_point quorum_lost_until_ = time_point::min();
  time_point deposed_until_ = time_point::min();
};

}  // namespace tenure::sim
