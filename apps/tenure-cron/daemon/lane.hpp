// A lane: one election, and the jobs that its leader runs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <tenure/election.hpp>
#include <tenure/event.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <vector>

#include "tenure-cron/term/control_state.hpp"
#include "tenure-cron/term/lane_context.hpp"
#include "tenure-cron/term/term_schedule.hpp"

namespace tenure::cron {

/// On the thread of the io_context. Always in a shared_ptr: its term holds it, too. A lane that
/// does not lead has no coroutine, and one that leads sleeps between its ticks and runs, so that a
/// replica may have many thousands.
class lane : public std::enable_shared_from_this<lane> {
 public:
  /// `context` has the jobs. `control` must outlive it.
  lane(lane_context context, election handle, const control_state& control);

  const std::string& key() const noexcept { return election_.key(); }
  const election& handle() const noexcept { return election_; }
  const std::vector<job_ptr>& jobs() const noexcept { return context_.jobs; }
  /// The running term; an empty one: this replica does not lead.
  term leading() const noexcept { return serving_ ? term_ : term(); }

  /// Stands in the election from now on.
  void stand() { election_.stand(); }
  /// Takes over a newer state of the election.
  void update(const event& e);
  /// After a reload: what goes on keeps its place, see term_schedule::reload().
  void set_jobs(std::vector<job_ptr> jobs);
  /// What operators ask for has changed for these jobs, of any lane.
  void control_changed(const std::set<std::string>& jobs);

  /// Stands no more and starts no run: its term ends when no run goes on. With `hold` the key is
  /// kept until release().
  enum class after_runs { resign, hold };
  void wind_down(after_runs then);
  void release();
  /// Stops the runs, after wind_down().
  void stop_runs(stop_cause why);
  bool leads() const noexcept { return serving_ && term_.holds(); }
  std::size_t running() const noexcept { return schedule_ ? schedule_->running() : 0; }
  /// Completes when no term is served any more.
  boost::asio::awaitable<void> ended();
  /// Leaves the election: after ended().
  boost::asio::awaitable<void> leave();

 private:
  boost::asio::awaitable<void> serve_all();
  boost::asio::awaitable<void> serve(term t);
  boost::asio::awaitable<void> stand_aside();

  lane_context context_;
  election election_;
  const control_state& control_;
  std::unique_ptr<term_schedule> schedule_;  // during a term
  term newest_;  // the last that an event has shown
  term term_;    // that is served, or was
  runtime::async_condition changed_;
  bool serving_ = false;
  bool winding_down_ = false;
  bool held_ = false;
  unsigned denials_ = 0;  // short terms in a row that a write of the ledger ended
  duration aside_{0};     // the last pause after such a term
};

}  // namespace tenure::cron
