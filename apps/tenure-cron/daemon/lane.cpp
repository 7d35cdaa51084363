#include "tenure-cron/daemon/lane.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

namespace tenure::cron {

namespace asio = boost::asio;

lane::lane(lane_context context, election handle, const control_state& control)
    : context_(std::move(context)),
      election_(std::move(handle)),
      control_(control),
      changed_(context_.timers) {}

void lane::update(const event& e) {
  if (!e.term || e.term == newest_) return;
  newest_ = e.term;
  if (std::exchange(serving_, true)) return;  // serve_all() goes on with it
  asio::co_spawn(context_.executor, serve_all(), asio::detached);
}

asio::awaitable<void> lane::serve_all() {
  const auto self = shared_from_this();
  while (newest_ != term_) {
    const term next = newest_;
    term_ = next;
    co_await serve(next);
  }
  serving_ = false;
  changed_.notify_all();
}

// A term that has ended by now has to be resigned all the same.
asio::awaitable<void> lane::serve(term t) {
  const auto& log = context_.log;
  log->log(log_level::info, "schedule started",
           {log_field("election", t.key()), log_field("fence", t.fence())});
  schedule_ = std::make_unique<term_schedule>(context_, t);
  schedule_->control_changed(control_);
  if (winding_down_) schedule_->stop();
  co_await schedule_->run();
  schedule_.reset();
  while (held_ && t.holds()) co_await changed_.wait(t.valid_until());
  const end_reason reason = co_await t.resign();
  const bool planned = winding_down_ || reason == end_reason::handed_over;
  log->log(planned ? log_level::info : log_level::warn, "schedule stopped",
           {log_field("election", t.key()), log_field("fence", t.fence()),
            log_field("reason", to_string(reason))});
}

void lane::set_jobs(std::vector<job_ptr> jobs) {
  context_.jobs = jobs;
  if (!schedule_) return;
  schedule_->control_changed(control_);  // it knows nothing newer of the jobs that it gets
  schedule_->reload(std::move(jobs));
}

void lane::control_changed(const std::set<std::string>& jobs) {
  const auto concerned = [&](const job_ptr& j) { return jobs.contains(j->name); };
  if (schedule_ && std::ranges::any_of(context_.jobs, concerned))
    schedule_->control_changed(control_);
}

void lane::wind_down(after_runs then) {
  winding_down_ = true;
  held_ = then == after_runs::hold;
  election_.withdraw();
  if (schedule_) schedule_->stop();
}

void lane::release() {
  held_ = false;
  changed_.notify_all();
}

void lane::stop_runs(stop_cause why) {
  if (schedule_) schedule_->stop_runs(why);
}

asio::awaitable<void> lane::ended() {
  const auto self = shared_from_this();
  while (serving_) co_await changed_.wait();
}

asio::awaitable<void> lane::leave() {
  const auto self = shared_from_this();
  co_await election_.leave();
}

}  // namespace tenure::cron
