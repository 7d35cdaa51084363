#include "tenure-cron/term/control_watch.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <vector>

#include "tenure-cron/ledger/ledger_store.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration poll_wait = 5min;
constexpr duration poll_pause = 50ms;  // between two answers, however quick the server is
// Operators mostly ask for nothing. Consul answers a poll on an empty prefix with each write to its
// store.
constexpr duration empty_pause = 500ms;
constexpr duration most_pause = 15s;
// So many changes in a row, each within a second of its poll, are a person's. After more of them
// each costs a longer pause, in which the next ones are collected.
constexpr unsigned quick_changes = 20;
constexpr duration most_collected = 2s;

}  // namespace

asio::awaitable<void> control_watch::follow(callback changed) {
  std::uint64_t index = 0;
  duration pause{0};
  unsigned quick = 0;
  for (;;) {
    try {
      const time_point asked = timers_.now();
      const stored_keys now = co_await access_.watch_below(keys_.control(), index, poll_wait);
      const duration least = now.keys.empty() ? empty_pause : poll_pause;
      // Consul answers at once only if it has something newer.
      const bool lasted = timers_.now() - asked >= 1s;
      const bool expected = now.index > index || lasted;
      index = now.index;
      std::vector<ledger_entry> entries;
      for (const stored_key& k : now.keys) entries.emplace_back(k.key, k.value, k.modify_index);
      control_state next = read_control(keys_, entries);
      std::swap(next, state_);
      const std::set<std::string> jobs = changed_jobs(next, state_);
      quick = lasted || jobs.empty() ? 0 : std::min(quick + 1, quick_changes + 1);
      const bool storm = quick > quick_changes;
      const duration most = expected ? most_collected : most_pause;
      pause = expected && !storm ? least : std::clamp(pause * 2, least, most);
      if (!jobs.empty()) changed(jobs);
    } catch (const boost::system::system_error& e) {
      if (e.code() == errc::shut_down || e.code() == asio::error::operation_aborted) throw;
      pause = std::clamp<duration>(pause * 2, 1s, most_pause);
      index = 0;
    }
    co_await runtime::sleep_until(timers_, timers_.now() + pause);
  }
}

}  // namespace tenure::cron
