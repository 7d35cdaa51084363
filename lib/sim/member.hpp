// One simulated process: the library, on a machine and a network of its own, and the user code that
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
#include "sim/judge.hpp"
#include "sim/link.hpp"
#include "sim/machine.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/server.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// What all processes of a run share.
class surroundings {
 public:
  surroundings(world& w, const plan& p, server& s, network& n, judge& j)
      : it(w), settings(p), consul(s), net(n), verdicts(j) {}
  world& it;
  const plan& settings;
  server& consul;
  network& net;
  judge& verdicts;
};

std::string election_key(std::size_t election);

class member : public std::enable_shared_from_this<member> {
 public:
  /// `number` is never used twice.
  member(surroundings& around, actor number, std::size_t slot);
  ~member();

  void start();
  /// Ends at once: nothing leaves it any more, nobody acts for it. What remains is cleaned up
  /// behind the scenes.
  void crash();
  /// Shuts down as a process does that is told to.
  void stop();
  void pause();
  void resume() { machine_.resume(); }
  /// User code keeps still from now on: it stands everywhere, and leads as long as it can.
  void settle();
  void depose(std::size_t election);

  actor number() const noexcept { return number_; }
  /// Its place among the processes, which a successor takes over.
  std::size_t slot() const noexcept { return slot_; }
  const std::string& name() const noexcept { return machine_.name(); }
  bool alive() const noexcept { return !dead_ && !stopping_; }
  bool stopped() const noexcept { return stopped_; }
  bool paused() const noexcept { return machine_.paused(); }
  sim::link& link() noexcept { return *link_; }
  /// What an observer of that election saw last; nothing where there is none.
  const std::optional<leader>& seen(std::size_t election) const { return seen_.at(election); }
  std::string standing_of(std::size_t election) const;
  /// What is left after the end that should not be; empty where nothing is.
  std::string left_over() const;

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  /// Stops one task, as long as it runs.
  class stopper {
   public:
    void operator()() {
      if (!over) signal.emit(boost::asio::cancellation_type::terminal);
    }
    boost::asio::cancellation_signal signal;
    bool over = false;
  };

  // user code, in member_work.cpp
  std::optional<election> enter(std::size_t election);
  awaitable<void> stand_in(std::size_t election);
  awaitable<void> spell_of_leading(election& e);
  awaitable<void> spell_of_campaigning(election& e);
  awaitable<void> spell_of_standing(election& e);
  awaitable<void> lead_once(election& e);
  awaitable<void> campaign_once(election& e);
  awaitable<void> listen();
  awaitable<void> feel_ill();
  awaitable<void> observe(std::size_t election);
  awaitable<void> work(term t);
  awaitable<void> act(std::shared_ptr<case_file> c);
  awaitable<void> guarded_write(std::shared_ptr<case_file> c);
  awaitable<void> proclaim(term t);
  awaitable<void> work_and_resign(term t);
  awaitable<void> resign(term t);
  awaitable<void> stop_at_request(term t, std::shared_ptr<stopper> s);
  awaitable<void> cancel_at(std::shared_ptr<stopper> s, time_point at);
  awaitable<void> depose_now(std::string key);
  /// Runs a task that is cancelled after that time, or when the process stops.
  awaitable<void> within(duration most, awaitable<void> task);

  awaitable<void> end();
  void give_up_users();
  void count_watches();
  void failed(std::exception_ptr thrown);
  bool chance_of(double share) { return around_.it.chance_of(share); }
  awaitable<void> sleep(duration d);

  surroundings& around_;
  const actor number_;
  const std::size_t slot_;
  const std::size_t host_;
  machine machine_;
  std::shared_ptr<sim::link> link_;
  std::shared_ptr<runtime::environment> services_;
  std::weak_ptr<impl::engine> engine_;
  std::optional<elections> elections_;
  std::unique_ptr<runtime::task_scope> users_;
  std::list<std::shared_ptr<stopper>> stoppers_;
  std::map<std::size_t, std::optional<leader>> seen_;
  std::vector<tenure::election*> standing_;
  bool other_span_ = false;
  bool settled_ = false;
  bool dead_ = false;
  bool stopping_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::sim
