#include "tenure-cron/term/term_schedule.hpp"

#include <utility>

#include "tenure-cron/term/term_core.hpp"

namespace tenure::cron {

term_schedule::term_schedule(lane_context& lane, term leading)
    : core_(std::make_shared<term_core>(lane, std::move(leading))) {}

term_schedule::~term_schedule() = default;

boost::asio::awaitable<void> term_schedule::run() { return core_->run(); }

void term_schedule::stop() { core_->stop(); }
void term_schedule::stop_runs(stop_cause why) { core_->stop_runs(why); }
void term_schedule::reload(std::vector<job_ptr> jobs) { core_->reload(std::move(jobs)); }
void term_schedule::control_changed(const control_state& now) { core_->control_changed(now); }
std::size_t term_schedule::running() const noexcept { return core_->running(); }
bool term_schedule::denied() const noexcept { return core_->denied(); }

}  // namespace tenure::cron
