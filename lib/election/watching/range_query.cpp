#include "election/watching/range_query.hpp"

#include <algorithm>
#include <utility>

#include "core/util/backoff.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Answers that come faster than this, many in a row, are a storm, and cost a pause each, a longer
// one for as long as it goes on. So no pause stands between a quiet poll and its first change.
constexpr duration quick = 20ms;
constexpr std::uint64_t quick_allowed = 16;
constexpr std::uint64_t quick_lists_allowed = 4;  // each as long as all its keys
constexpr duration storm_pause = 20ms;
constexpr std::uint64_t storm_doublings = 2;
// A poll on what is missing is woken by every write to the store.
constexpr duration missing_pause = 250ms;
// How often to look by a plain list while there is no connection for a poll.
constexpr duration look_again = 1s;
// How long claims may keep a query waiting: others' keys may be below the same prefix.
constexpr duration claims_first = 250ms;
// So few newcomers, and so few of its keys, are read one by one.
constexpr std::size_t few_newcomers = 8;
constexpr std::size_t few_parts = 16;

}  // namespace

range_query::range_query(watch_registry& watches, core::watch_range range)
    : watches_(watches),
      range_(std::move(range)),
      changed_(*watches.env_->timers) {}

const runtime::environment& range_query::env() const noexcept { return *watches_.env_; }

/// However it ends, its place is given back.
class range_query::running_mark {
 public:
  explicit running_mark(range_query& s) : shard_(s) { shard_.running = true; }
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;
  ~running_mark() {
    shard_.running = false;
    shard_.watches_.poll_slots_.leave(shard_);
    shard_.watches_.ended(shard_);
  }

 private:
  range_query& shard_;
};

void range_query::retire() noexcept {
  retired_ = true;
  changed_.notify_all();
}

// -- watching ------------------------------------------------------------------------------------

asio::awaitable<void> range_query::run() {
  const running_mark mark(*this);
  core::backoff failures(100ms, 5s);
  bool kept = false;  // though it is retired
  while (!retired_ || kept) {
    // After a failure by a list: a poll would wait for news with everybody told of the failure.
    const bool polls = index_ != 0 && !failing_;
    if (polls && inflight_claims_ != 0) co_await wait_claims();
    if (polls && !has_slot()) co_await wait_turn();
    if (retired_ && !kept) co_return;
    const bool polled = polls && has_slot();
    const time_point asked = env().timers->now();
    const outcome seen = co_await look(polled);
    kept = polled && !seen.error && retired_ && watches_.still_needed(*this);
    if (kept) ++watches_.counts_.kept;
    // One that was given while it looked by a list is for the poll that follows.
    const bool used = polled || seen.error;
    if (has_slot() && used && !kept) watches_.poll_slots_.leave(*this);
    if (retired_ && !kept) co_return;
    duration pause{0};
    if (seen.error) {
      failed(seen);
      pause = failures.next(env().random->next());
    } else {
      failures.reset();
      failing_ = false;
      reported_error_ = error_code{};
      // An index that went backwards: the server began another life, so begin again as well.
      if (polled || !polls) {
        index_ = seen.index < index_ ? 0 : std::max<std::uint64_t>(seen.index, 1);
      }
      pause = pause_after(seen, polled, asked);
    }
    if (pause > duration{0}) {
      const time_point again = env().timers->now() + pause;
      co_await runtime::sleep_until(*env().timers, again);
    }
  }
}

/// What the last answer had this process claim goes first: the next query would compete with the
/// claims, and be answered by each of them, with all the keys.
asio::awaitable<void> range_query::wait_claims() {
  const time_point until = env().timers->now() + claims_first;
  while (inflight_claims_ != 0 && !retired_ && env().timers->now() < until) {
    co_await changed_.wait(until);
  }
}

/// Until it has a turn, is retired, or should look again in some other way. It stays in line.
asio::awaitable<void> range_query::wait_turn() {
  const time_point until = env().timers->now() + look_again;
  watches_.poll_slots_.enqueue(*this);
  bool in_time = true;
  while (in_time && !has_slot() && !retired_) {
    co_await changed_.wait(until);
    in_time = env().timers->now() < until;
  }
  if (!has_slot() && !retired_) ++watches_.counts_.waits;
}

duration range_query::pause_after(const outcome& seen, bool polled, time_point asked) noexcept {
  const bool first = !std::exchange(looked_, true);
  if (first) return duration{0};
  if (seen.missing) return missing_pause / 2 + env().random->jitter(missing_pause);
  if (!polled) return duration{0};
  quick_answers_ = env().timers->now() - asked < quick ? quick_answers_ + 1 : 0;
  const std::uint64_t allowed = range_.single ? quick_allowed : quick_lists_allowed;
  if (quick_answers_ <= allowed) return duration{0};
  return storm_pause * (1 << std::min(quick_answers_ - allowed - 1, storm_doublings));
}

void range_query::failed(const outcome& why) {
  failing_ = true;
  if (reported_error_ == why.error) return;
  reported_error_ = why.error;
  env().log->log(log_level::warn, "keys cannot be watched",
                      {{"below", range_.text}, {"keys", keys}, {"why", why.detail}});
  watches_.tell_unseen(*this, why.error, why.detail);
  // A token may be allowed to read each key and not to list them.
  if (!range_.single && why.error == error_kind::fatal) watches_.found_unlistable(range_.text);
}

// -- asking --------------------------------------------------------------------------------------

asio::awaitable<range_query::outcome> range_query::look(bool poll) {
  if (range_.single) return look_at_key(poll);
  return look_below(poll);
}

asio::awaitable<range_query::outcome> range_query::look_at_key(bool poll) {
  consul::kv_result answer;
  if (poll) {
    const duration wait = watches_.poll_slots_.wait();
    consul::kv_result news = co_await watches_.client_.watch(range_.text, index_, wait);
    answer = std::move(news);
  } else {
    consul::kv_result now =
        co_await watches_.client_.get(range_.text, consul::consistency::default_);
    answer = std::move(now);
  }
  outcome seen;
  seen.error = answer.error;
  seen.detail = answer.detail;
  seen.index = answer.index;
  seen.missing = !answer.entry;
  if (!answer.error) watches_.observe(range_.text, answer);
  co_return seen;
}

asio::awaitable<range_query::outcome> range_query::look_below(bool poll) {
  consul::raw_kv_list answer;
  if (poll) {
    const duration wait = watches_.poll_slots_.wait();
    consul::raw_kv_list news = co_await watches_.client_.watch_raw(range_.text, index_, wait);
    answer = std::move(news);
  } else {
    consul::raw_kv_list now =
        co_await watches_.client_.list_raw(range_.text, consul::consistency::default_);
    answer = std::move(now);
  }
  outcome seen;
  seen.missing = answer.body.empty();
  std::size_t unwatched = 0;
  if (!answer.error) watches_.observe(range_, answer, unwatched);
  seen.error = answer.error;
  seen.detail = answer.detail;
  seen.index = answer.index;
  if (seen.error) co_return seen;
  if (seen.missing) ++watches_.counts_.empty_answers;
  if (!retired_) watches_.report_unwatched(*this, unwatched);
  co_return seen;
}

// -- newcomers -----------------------------------------------------------------------------------

void range_query::newcomer(const std::string& key) {
  reported_error_ = error_code{};          // who comes now has not been told of it
  if (index_ == 0 || failing_) return;  // it looks anyway
  newcomers_.push_back(key);
  if (std::exchange(welcoming_, true)) return;
  watches_.spawn_(runtime::keep_alive(welcome(), shared_from_this()));
}

/// Reads what newcomers wait for, while the poll stands.
asio::awaitable<void> range_query::welcome() {
  core::backoff failures(100ms, 5s);
  const auto batch = std::make_shared<std::vector<std::string>>();
  while (!newcomers_.empty() && !retired_) {
    std::swap(*batch, newcomers_);
    const outcome seen = co_await read_newcomers(batch);
    if (seen.error && !retired_) {
      watches_.tell_unseen(*batch, seen.error, seen.detail);
      newcomers_.insert(newcomers_.end(), batch->begin(), batch->end());
      const time_point again =
          env().timers->now() + failures.next(env().random->next());
      co_await runtime::sleep_until(*env().timers, again);
    }
    batch->clear();
  }
  newcomers_.clear();
  welcoming_ = false;
}

asio::awaitable<range_query::outcome> range_query::read_newcomers(
    std::shared_ptr<std::vector<std::string>> batch) {
  outcome seen;
  // Some may have been told meanwhile, by a poll, and others have gone.
  std::erase_if(*batch, [this](const std::string& key) { return !watches_.due(key); });
  const bool one_by_one = batch->size() <= few_newcomers && batch->size() * few_parts <= keys;
  if (batch->empty() || range_.single || !one_by_one) {
    if (!batch->empty()) {
      outcome all = co_await look(false);
      seen = std::move(all);
    }
    co_return seen;
  }
  for (std::size_t i = 0; i < batch->size() && !seen.error; ++i) {
    const consul::kv_result answer =
        co_await watches_.client_.get((*batch)[i], consul::consistency::default_);
    seen.error = answer.error;
    seen.detail = answer.detail;
    if (!answer.error) watches_.observe((*batch)[i], answer);
  }
  co_return seen;
}

}  // namespace tenure::impl
