// What is behind a world, its processes and its tasks.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <tenure/testing/process.hpp>
#include <vector>

#include "testing/in_process_agent.hpp"
#include "testing/manual_runtime.hpp"
#include "testing/process_network.hpp"
#include "testing/recorded_log.hpp"
#include "testing/simulated_process.hpp"

namespace tenure::testing {

class world_state;

class task_state {
 public:
  task_state(std::weak_ptr<world_state> world, manual_loop& loop, std::string where)
      : world(std::move(world)), loop(loop), where(std::move(where)) {}

  const std::weak_ptr<world_state> world;
  manual_loop& loop;  ///< lives as long as the world
  const std::string where;
  boost::asio::cancellation_signal cancel;
  bool done = false;
  std::exception_ptr thrown;
};

class process::state {
 public:
  state(world_state& world, std::string name, elections_options options, consul_config config);

  world_state& world;
  const std::string name;
  simulated_process simulated;
  process_network network;
};

class world_state : public std::enable_shared_from_this<world_state> {
 public:
  explicit world_state(std::uint64_t seed);

  process& add_process(elections_options options, consul_config config);
  std::shared_ptr<task_state> start(manual_loop& loop, std::string where,
                                    boost::asio::awaitable<void> coroutine);

  // These let time pass. They throw std::logic_error if a coroutine of this world calls them.
  void run_until_idle();
  void run_for(duration d);
  bool run_until(const std::function<bool()>& done, duration patience);
  /// Whether a coroutine of this world is running.
  bool moving() const noexcept { return moving_; }

  /// Ends everything, in virtual time; see world::~world().
  void end() noexcept;

  manual_runtime runtime;
  in_process_agent agent;
  const std::shared_ptr<log_record> record;

 private:
  class moving_guard;
  void cancel_tasks();
  void shut_processes_down();

  bool moving_ = false;
  std::vector<std::weak_ptr<task_state>> tasks_;
  std::vector<std::unique_ptr<process>> processes_;
};

}  // namespace tenure::testing
