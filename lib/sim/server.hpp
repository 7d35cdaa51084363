// Consul: the embedded agent's handler, the very code that the HTTP front serves, and before it
// everything by which real servers surprise their clients.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/faults.hpp"
#include "agent/handler.hpp"
#include "sim/flight.hpp"
#include "sim/plan.hpp"
#include "sim/truth.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

enum class greeting : std::uint8_t { welcome, refused, too_many };

class server final : private agent::answer_sink {
 public:
  server(world& its_world, const plan& its_plan, truth& what_is);
  ~server() override;

  // -- connections -------------------------------------------------------------------------------
  /// A connection from that address: counted until hang_up(), by whoever opened it.
  greeting connect(std::size_t host);
  void hang_up(std::size_t host, std::uint64_t epoch);
  std::uint64_t epoch() const noexcept { return epoch_; }

  /// The request arrives after `f->fate.there`, whatever becomes of its sender.
  void send(const std::shared_ptr<flight>& f);
  /// The client has closed the connection. The slot stays taken while the server is at it.
  void abandon(flight& f);
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
  std::size_t connections(std::size_t host) const noexcept { return open_[host]; }
  std::size_t busy() const noexcept { return flights_.size(); }
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
  void arrive(const std::shared_ptr<flight>& f);
  bool misbehave(const std::shared_ptr<flight>& f);
  bool lose_outcome(const std::shared_ptr<flight>& f);
  bool answer_from_past(const std::shared_ptr<flight>& f);
  void hold_silently(const std::shared_ptr<flight>& f);
  void serve(const std::shared_ptr<flight>& f);
  void tick();
  void after(actor by);
  void follow();
  void reply(const std::shared_ptr<flight>& f, runtime::http_response response);
  void fail(const std::shared_ptr<flight>& f, unsigned status, std::string text);
  void release_slot(flight& f);
  void drop_connections();
  void remember(const flight& f, const runtime::http_response& response);

  world& world_;
  const plan& plan_;
  server_rates rates_;
  std::size_t limit_;
  truth& truth_;
  std::unique_ptr<runtime::random_source> random_;
  std::unique_ptr<agent::handler> handler_;
  std::unique_ptr<agent::faults> faults_;
  std::unique_ptr<tick_timer> tick_;

  std::map<agent::request_id, std::shared_ptr<flight>> flights_;  // handed to the handler or held
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
