// A simulated process: the library with its own host and link, and user code that uses every
// way of taking part in elections.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/metrics.hpp>
#include <tenure/semaphore.hpp>
#include <tenure/toolkit/task_scope.hpp>

#include "sim/body_manner.hpp"
#include "sim/host.hpp"
#include "sim/link.hpp"
#include "sim/run_context.hpp"
#include "sim/scenario.hpp"
#include "sim/tracked_term.hpp"

namespace tenure::sim {

/// Whether the shutdown or a cancellation ended what user code waited for.
inline bool ended_by_others(const boost::system::system_error& e) {
  return e.code() == boost::asio::error::operation_aborted || e.code() == errc::shut_down;
}

class process : public std::enable_shared_from_this<process> {
 public:
  /// `number` is unique in a run.
  process(run_context& context, actor number, std::size_t slot);
  ~process();

  void start();
  /// Ends at once: it sends nothing more and runs no more user code. The objects are cleaned up
  /// later.
  void crash();
  /// Shuts down in good order.
  void stop();
  void pause();
  void resume() { host_.resume(); }
  /// From now on user code takes part in every election without interruption and leads for as long
  /// as it can.
  void settle();
  void depose(std::size_t election);
  /// Calls the library as an operator does: it drains, undrains, pins or unpins.
  void operate(group_wish wish);

  actor number() const noexcept { return number_; }
  /// Its position among the processes, which its replacement takes over.
  std::size_t slot() const noexcept { return slot_; }
  const std::string& name() const noexcept { return host_.name(); }
  bool alive() const noexcept { return !dead_ && !stopping_; }
  bool stopped() const noexcept { return stopped_; }
  bool paused() const noexcept { return host_.paused(); }
  sim::link& link() noexcept { return *link_; }
  /// The leader that its observer of that election saw last; nothing without an observer.
  const std::optional<leader>& observed(std::size_t election) const {
    return observed_.at(election);
  }
  std::string standing_of(std::size_t election) const;
  /// The members of the group as this process sees them; nothing if it is no member.
  std::optional<std::vector<group_member_status>> members_of(std::size_t group) const;
  /// Claims that Consul refused because another had the key.
  std::int64_t lost_claims() const noexcept;
  /// What is left after the end; empty if nothing is.
  std::string leaks() const;

 private:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;
  /// Cancels a task while it runs.
  class canceller {
   public:
    void operator()() {
      if (!over) signal.emit(boost::asio::cancellation_type::terminal);
    }
    boost::asio::cancellation_signal signal;
    bool over = false;
  };
  /// One membership in a group, from joining to leaving.
  class stay {
   public:
    explicit stay(group joined) : handle(std::move(joined)) {}
    std::optional<group> handle;
    bool over = false;
    std::size_t works = 0;  ///< of terms without a body: leaving counts it as stopped
  };
  using stay_ptr = std::shared_ptr<stay>;  ///< null: the election is in no group
  static bool over(const stay_ptr& s) noexcept { return s && s->over; }
  stay_ptr stay_of(const std::string& election) const;

  // User code, in user_code.cpp.
  elections& elections_of(std::size_t election);
  std::optional<election> enter(std::size_t election, const stay_ptr& in);
  awaitable<void> take_part(std::size_t election);
  awaitable<void> lead_repeatedly(election& e, stay_ptr in);
  awaitable<void> campaign_repeatedly(election& e, stay_ptr in);
  awaitable<void> stand_by_events(election& e, stay_ptr in);
  awaitable<void> lead_once(election& e);
  awaitable<void> campaign_once(election& e);
  awaitable<void> follow_events(std::size_t tenant);
  awaitable<void> toggle_health();
  awaitable<void> observe(std::size_t election);
  awaitable<void> work(term t);
  awaitable<void> do_work(std::shared_ptr<tracked_term> led);
  awaitable<void> guarded_write(std::shared_ptr<tracked_term> led);
  awaitable<void> proclaim(term t);
  awaitable<void> work_and_resign(term t);
  awaitable<void> resign(term t);
  awaitable<void> stop_at_request(term t, std::shared_ptr<canceller> s);
  awaitable<void> cancel_at(std::shared_ptr<canceller> s, time_point at);
  awaitable<void> depose_now(std::size_t election);

  // Members of groups, in group_code.cpp.
  membership make_membership();
  awaitable<void> be_member(std::size_t group);
  awaitable<void> live_as_member(std::size_t group, stay_ptr in);
  awaitable<void> follow_group(stay_ptr in);
  void change_settings(group& joined);
  void settle_settings(group& joined);
  awaitable<void> operate_now(group_wish wish);
  awaitable<void> read_group(std::size_t group);
  awaitable<void> answer_hand_over(std::shared_ptr<body_answer> answer, term t);
  awaitable<void> rest(std::shared_ptr<body_answer> answer, duration d);

  // A contender for slots of semaphores, in slot_code.cpp.
  awaitable<void> contend(std::size_t semaphore);
  awaitable<void> take_slots(semaphore& pool, std::size_t slots);
  awaitable<void> hold_slot(semaphore& pool, std::size_t slots);
  awaitable<void> acquire_slot(semaphore& pool, std::size_t slots);
  awaitable<void> work_in_slot(term t, std::size_t slots);
  awaitable<void> use_slot(std::shared_ptr<tracked_term> held);
  awaitable<void> write_in_slot(std::shared_ptr<tracked_term> held, std::size_t semaphore);
  void slot_refused(const boost::system::system_error& error);

  /// Runs a task and cancels it after that time, or when the process stops.
  awaitable<void> run_for(duration limit, awaitable<void> task);

  awaitable<void> shut_down();
  void ended_late(duration by);
  void cancel_user_tasks();
  void count_watches();
  void count_hand_overs();
  void failed(std::exception_ptr thrown);
  void report_exception(const std::exception& e);
  bool chance_of(double share) { return context_.world.chance_of(share); }
  awaitable<void> sleep(duration d);

  run_context& context_;
  const actor number_;
  const std::size_t slot_;
  const std::size_t address_;  // of its connections
  host host_;
  std::shared_ptr<sim::link> link_;
  std::shared_ptr<runtime::environment> env_;
  const std::shared_ptr<metrics_registry> metrics_;
  std::vector<std::weak_ptr<impl::engine>> engines_;
  std::vector<std::weak_ptr<const void>> library_;  ///< what the library's parts share
  std::vector<elections> tenants_;
  std::optional<elections> operator_;  ///< takes part in no election
  std::unique_ptr<runtime::task_scope> user_tasks_;
  std::list<std::shared_ptr<canceller>> cancellers_;
  std::map<std::size_t, std::optional<leader>> observed_;
  std::vector<tenure::election*> entered_;  // by election; null: not entered
  std::vector<stay_ptr> stays_;             // by group; null: not a member
  span_choice spans_ = span_choice::common;
  bool settled_ = false;
  bool dead_ = false;
  bool stopping_ = false;
  bool excused_end_ = false;  ///< it was paused while it stopped
  bool stopped_ = false;
};

}  // namespace tenure::sim
