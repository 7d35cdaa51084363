// The way out of a sidecar: all of it has one deadline.
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstdlib>
#include <utility>

#include "common/duration.hpp"
#include "common/exit_codes.hpp"
#include "sidecar/main/sidecar.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Reserved at the end of the way out, to kill what still runs and to close the connections.
constexpr duration longest_reserve = 500ms;
constexpr std::size_t most_named = 5;  // elections in the line about what is undone

}  // namespace

// A key whose promise outlasts the deadline is not released: the promise has to stay true, so
// Consul frees the key when the session expires, and the successor waits for the lease.
asio::awaitable<void> sidecar::shut_down() {
  const duration whole = config_.shutdown.value_or(default_shutdown);
  const time_point deadline = timers_->now() + whole;
  const time_point work_end = deadline - std::min<duration>(longest_reserve, whole / 5);
  context_.groups.take_nothing_more();
  for (const auto& c : components_) c->ending();
  for (const auto& r : runners_) r->begin_end(work_end);
  bool complete = co_await end_elections(work_end);
  if (complete) {
    const bool left = co_await finished_by(work_end, elections_.shut_down());
    if (!left) unfinished_.emplace_back("sessions not destroyed");
    complete = left;
  }
  tasks_.cancel();
  const bool closed = co_await finished_by(std::max(deadline, timers_->now() + 100ms),
                                           end_components());
  report_unfinished();
  if (!complete || !closed) std::_Exit(exit_code_);
}

// Whether all of them have ended.
asio::awaitable<bool> sidecar::end_elections(time_point deadline) {
  bool all = true;
  for (const auto& r : runners_) {
    const bool ended = co_await r->ended_by(deadline);
    all = all && ended;
  }
  collect_unfinished();
  if (all) co_return true;
  for (const auto& r : runners_) r->abandon();
  co_return false;
}

asio::awaitable<void> sidecar::end_components() {
  co_await tasks_.join();
  component_runs_.cancel();
  co_await component_runs_.join();
}

/// Does some work, but waits for it only until the deadline. Whether it is done.
asio::awaitable<bool> sidecar::finished_by(time_point deadline, asio::awaitable<void> work) {
  const auto done = std::make_shared<bool>(false);
  way_out_.spawn(finish(done, std::move(work)));
  while (!*done && timers_->now() < deadline) co_await end_changed_.wait(deadline);
  co_return *done;
}

asio::awaitable<void> sidecar::finish(std::shared_ptr<bool> done, asio::awaitable<void> work) {
  co_await std::move(work);
  *done = true;
  end_changed_.notify_all();
}

void sidecar::collect_unfinished() {
  for (const auto& r : runners_) {
    std::string what = r->unfinished();
    if (!what.empty()) unfinished_.push_back(std::move(what));
  }
}

void sidecar::report_unfinished() {
  if (unfinished_.empty()) return;
  std::string text;
  for (std::size_t i = 0; i < std::min(most_named, unfinished_.size()); ++i)
    text += (i == 0 ? "" : "; ") + unfinished_[i];
  if (unfinished_.size() > most_named)
    text += "; and " + std::to_string(unfinished_.size() - most_named) + " more elections";
  log_->log(log_level::warn, "stop incomplete",
            {log_field("shutdown", apps::to_text(config_.shutdown.value_or(default_shutdown))),
             log_field("undone", text)});
  if (exit_code_ == 0) exit_code_ = apps::exit_not_elected;
}

}  // namespace tenure::sidecar
