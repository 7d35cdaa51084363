// The way out of a sidecar: all of it has one deadline.
#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstdlib>
#include <utility>

#include "common/duration.hpp"
#include "common/exit_codes.hpp"
#include "common/log/line_writer.hpp"
#include "sidecar/main/sidecar.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Reserved at the end of the way out: to kill what still runs, to release the keys that this
/// frees, and to close the connections.
constexpr duration longest_reserve = 500ms;
constexpr std::size_t most_named = 5;  // elections in the line about what is undone

}  // namespace

// A key whose promise outlasts the deadline is not released: the promise has to stay true, so
// Consul frees the key when the session expires, and the successor waits for the lease.
asio::awaitable<void> sidecar::shut_down() {
  const duration whole = config_.shutdown.value_or(default_shutdown);
  const duration reserve = std::min<duration>(longest_reserve, whole / 5);
  const time_point deadline = timers_->now() + whole;
  manager_.stopping(whole + 5s);
  const time_point work_end = deadline - reserve;
  context_.groups.take_nothing_more();
  for (const auto& c : components_) c->ending();
  for (const auto& r : runners_) r->begin_end(work_end);
  bool complete = co_await ended_by(work_end);
  for (const auto& r : runners_) {
    const std::string what = r->unfinished();
    if (!what.empty()) unfinished_[r->name()] = what;
  }
  if (!complete) {
    for (const auto& r : runners_) r->abandon();
    const bool after_all = co_await ended_by(deadline - reserve / 2);
    complete = after_all;
  }
  for (const auto& r : runners_) {
    std::string& what = unfinished_[r->name()];
    if (r->holds_key()) what = "key not released" + (what.empty() ? "" : ", " + what);
  }
  if (complete) {
    const bool left = co_await finished_by(deadline - reserve / 4, elections_.shut_down());
    if (!left) unfinished_[""] = "sessions not destroyed";
    complete = left;
  }
  tasks_.cancel();
  const bool closed = co_await finished_by(std::max(deadline, timers_->now() + 100ms),
                                           end_components());
  report_unfinished();
  if (complete && closed) co_return;
  apps::standard_error().flush(500ms);
  std::_Exit(exit_code_);
}

/// Waits for the way out of all elections. Whether it is done.
asio::awaitable<bool> sidecar::ended_by(time_point deadline) {
  bool all = true;
  for (const auto& r : runners_) {
    const bool ended = co_await r->ended_by(deadline);
    all = all && ended;
  }
  co_return all;
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

void sidecar::report_unfinished() {
  std::erase_if(unfinished_, [](const auto& entry) { return entry.second.empty(); });
  if (unfinished_.empty()) return;
  std::string text;
  std::size_t named = 0;
  for (const auto& [name, what] : unfinished_) {
    if (++named > most_named) break;
    text += (text.empty() ? "" : "; ") + (name.empty() ? "" : name + ": ") + what;
  }
  if (unfinished_.size() > most_named)
    text += "; and " + std::to_string(unfinished_.size() - most_named) + " more elections";
  log_->log(log_level::warn, "stop incomplete",
            {log_field("shutdown", apps::to_text(config_.shutdown.value_or(default_shutdown))),
             log_field("undone", text)});
  if (exit_code_ == 0) exit_code_ = apps::exit_not_elected;
}

}  // namespace tenure::sidecar
