// One simulated process: the library, on a host and a network of its own, and the user code that
// stands in elections with it in every way that there is.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>

#include "runtime/task_scope.hpp"
#include "sim/safety_checker.hpp"
#include "sim/link.hpp"
#include "sim/host.hpp"
#include "sim/network.hpp"
#include "sim/scenario.hpp"
#include "sim/server.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// What all processes of a run share.
class run_context {
 public:
  run_context(world& w, const scenario& p, server& s, network& n, safety_checker& j)
      : it(w), settings(p), consul(s), net(n), verdicts(j) {}
  world& it;
  const scenario& settings;
  server& consul;
  network& net;
  safety_checker& verdicts;
};

std::string election_key(std::size_t election);

class process : public std::enable_shared_from_this<process> {
 public:
  /// `number` is never used twice.
  process(run_context& context, actor number, std::size_t slot);
  ~process();

  void start();
  /// Ends at once: nothing leaves it any more, nobody acts for it. What remains is cleaned up
  /// behind the scenes.
  void crash();
  /// Shuts down as a process does that is told to.
  void stop();
  void pause();
  void resume() { host_.resume(); }
  /// User code keeps still from now on: it stands everywhere, and leads as long as it can.
  void settle();
  void depose(std::size_t election);

  actor number() const noexcept { return number_; }
  /// Its place among the processes, which a successor takes over.
  std::size_t slot() const noexcept { return slot_; }
  const std::string& name() const noexcept { return host_.name(); }
  bool alive() const noexcept { return !dead_ && !stopping_; }
  bool stopped() const noexcept { return stopped_; }
  bool paused() const noexcept { return host_.paused(); }
  sim::link& link() noexcept { return *link_; }
  /// What an observer of that election saw last; nothing where there is none.
  const std::optional<leader>& seen(std::size_t election) const { return seen_.at(election); }
  std::string standing_of(std::size_t election) const;
  /// What is left after the end that should not be; empty where nothing is.
  std::string leaks() const;

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  /// Stops one task, as long as it runs.
  class canceller {
   public:
    void operator()() {
      if (!over) signal.emit(boost::asio::cancellation_type::terminal);
    }
    boost::asio::cancellation_signal signal;
    bool over = false;
  };

  // user code, in member_work.cpp
  std::optional<election> enter(std::size_t election);
  awaitable<void> take_part(std::size_t election);
  awaitable<void> lead_repeatedly(election& e);
  awaitable<void> campaign_repeatedly(election& e);
  awaitable<void> stand_by_events(election& e);
  awaitable<void> lead_once(election& e);
  awaitable<void> campaign_once(election& e);
  awaitable<void> follow_events();
  awaitable<void> toggle_health();
  awaitable<void> observe(std::size_t election);
  awaitable<void> work(term t);
  awaitable<void> act(std::shared_ptr<tracked_term> c);
  awaitable<void> guarded_write(std::shared_ptr<tracked_term> c);
  awaitable<void> proclaim(term t);
  awaitable<void> work_and_resign(term t);
  awaitable<void> resign(term t);
  awaitable<void> stop_at_request(term t, std::shared_ptr<canceller> s);
  awaitable<void> cancel_at(std::shared_ptr<canceller> s, time_point at);
  awaitable<void> depose_now(std::string key);
  /// Runs a task that is cancelled after that time, or when the process stops.
  awaitable<void> within(duration most, awaitable<void> task);

  awaitable<void> end();
  void cancel_user_tasks();
  void count_watches();
  void failed(std::exception_ptr thrown);
  bool chance_of(double share) { return context_.world.chance_of(share); }
  awaitable<void> sleep(duration d);

  run_context& context_;
  const actor number_;
  const std::size_t slot_;
  const std::size_t address_;
  host host_;
  std::shared_ptr<sim::link> link_;
  std::shared_ptr<runtime::environment> env_;
  std::weak_ptr<impl::engine> engine_;
  std::optional<elections> elections_;
  std::unique_ptr<runtime::task_scope> user_tasks_;
  std::list<std::shared_ptr<canceller>> cancellers_;
  std::map<std::size_t, std::optional<leader>> seen_;
  std::vector<tenure::election*> standing_;
  bool span_ = false;
  bool settled_ = false;
  bool dead_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::sim
