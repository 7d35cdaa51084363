// What a candidate sees of its semaphore: a blocking query on the prefix, a linearizable list when
// that is needed, and the spans of the other holders.
#include <algorithm>
#include <optional>
#include <utility>

#include "election/semaphore/slot_candidate.hpp"
#include "election/watching/poll_slots.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// Answers that come faster than this cost a pause: each contender that comes or goes wakes all.
constexpr duration storm_pause = 20ms;

}  // namespace

asio::awaitable<consul::kv_list> slot_candidate::next_list(std::uint64_t index) {
  if (index == 0) {
    consul::kv_list first =
        co_await shared_->client.list(keys_.below(), consul::consistency::default_);
    co_return first;
  }
  const runtime::environment& env = *shared_->env;
  poll_slot mine(shared_->polls, env.executor, *env.timers);
  co_await mine.taken();
  const duration wait = shared_->polls.wait();
  consul::kv_list next = co_await shared_->client.watch_below(keys_.below(), index, wait);
  co_return next;
}

asio::awaitable<void> slot_candidate::watch() {
  core::backoff failures(100ms, 5s);
  std::uint64_t index = 0;
  for (;;) {
    if (!enrolled_) {
      index = 0;
      co_await changed_.wait();
      continue;
    }
    const time_point asked = now();
    const consul::kv_list answer = co_await next_list(index);
    duration rest = now() - asked < storm_pause ? storm_pause : 0ms;
    if (answer.error) {
      note(answer);
      rest = failures.next(shared_->env->random->next());
    } else {
      failures.reset();
      index = answer.index < index ? 0 : std::max<std::uint64_t>(answer.index, 1);
      observe(keys_.read(answer.entries));
    }
    if (rest > 0ms) co_await runtime::sleep_until(*shared_->env->timers, now() + rest);
  }
}

asio::awaitable<bool> slot_candidate::look() {
  const consul::kv_list answer =
      co_await shared_->client.list(keys_.below(), consul::consistency::consistent);
  note(answer);
  if (answer.error) co_return false;
  observe(keys_.read(answer.entries));
  look_again_ = false;
  co_return true;
}

void slot_candidate::observe(const semaphore_reading& seen) {
  slots_.observe(seen, now());
  good_ = seen.good;
  for (const std::string& holder : seen.holders) {
    const bool lives = seen.contenders.contains(holder);
    if (holder != session_id_ && lives) ask_span(holder);
  }
  // No proof of anything, but a reason to ask for one.
  const bool ours = seen.holders.contains(session_id_) && seen.contenders.contains(session_id_);
  if (lease_.provable() && !ours) lease_.want_proof(now());
  changed_.notify_all();
}

void slot_candidate::ask_span(const std::string& session) {
  if (!asked_.insert(session).second) return;
  auto learn = [weak = weak_from_this(), session](std::optional<duration> span) {
    const auto self = weak.lock();
    if (!self) return;
    self->asked_.erase(session);
    if (!span || *span == duration{0}) return;
    self->slots_.holders_span(session, *span);
    self->changed_.notify_all();
  };
  shared_->spans.ask(session, std::move(learn));
}

}  // namespace tenure::impl
