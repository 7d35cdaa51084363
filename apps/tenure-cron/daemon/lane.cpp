#include "tenure-cron/daemon/lane.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// Terms that the ledger's writes end soon, one after the other, mean that Consul, or what is before
// it, contradicts itself. The first such term is as any lost one; after the next ones this replica
// stands aside, so that others may lead.
constexpr duration short_term = 10s;
constexpr duration first_aside = 500ms;
constexpr duration most_aside = 15s;

}  // namespace

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
  const time_point begun = context_.timers.now();
  schedule_ = std::make_unique<term_schedule>(context_, t);
  schedule_->control_changed(control_);
  if (winding_down_) schedule_->stop();
  co_await schedule_->run();
  const bool denied = schedule_->denied() && context_.timers.now() - begun < short_term;
  denials_ = denied ? denials_ + 1 : 0;
  schedule_.reset();
  while (held_ && t.holds()) co_await changed_.wait(t.valid_until());
  if (denials_ > 1) election_.withdraw();
  const end_reason reason = co_await t.resign();
  const bool planned = winding_down_ || reason == end_reason::handed_over;
  log->log(planned ? log_level::info : log_level::warn, "schedule stopped",
           {log_field("election", t.key()), log_field("fence", t.fence()),
            log_field("reason", to_string(reason))});
  if (denials_ > 1) co_await stand_aside();
}

asio::awaitable<void> lane::stand_aside() {
  aside_ = std::clamp(denials_ > 2 ? aside_ * 2 : first_aside, first_aside, most_aside);
  const time_point until = context_.timers.now() + aside_;
  while (!winding_down_ && context_.timers.now() < until) co_await changed_.wait(until);
  if (!winding_down_) election_.stand();
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
  changed_.notify_all();
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
