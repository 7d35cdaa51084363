#include "election/key_watch.hpp"

#include <algorithm>
#include <utility>

#include "core/backoff.hpp"
#include "runtime/condition.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// Answers that come faster than this, many in a row, are a storm, and cost a pause each.
constexpr duration quick = 20ms;
constexpr std::uint64_t quick_allowed = 16;
constexpr duration storm_pause = 20ms;
// A poll on a missing key is woken by every write to the store.
constexpr duration missing_pause = 250ms;

}  // namespace

key_watch::key_watch(std::shared_ptr<const runtime::services> services, consul::client& client,
                     poll_turns& turns, std::string key)
    : services_(std::move(services)), client_(client), turns_(turns), key_(std::move(key)) {
  turns_.joined();
}

key_watch::~key_watch() { turns_.left(); }

void key_watch::follow(const std::shared_ptr<key_follower>& follower) {
  followers_.push_back(follower);
  if (last_) follower->key_seen(*last_);
}

bool key_watch::deserted() noexcept {
  std::erase_if(followers_, [](const auto& f) { return f.expired(); });
  return followers_.empty();
}

template <class Tell>
void key_watch::tell(Tell tell) {
  const auto followers = followers_;  // telling may add one
  for (const auto& weak : followers) {
    if (const auto follower = weak.lock()) tell(*follower);
  }
}

duration key_watch::pause_after(const consul::kv_found& answer, time_point asked) noexcept {
  if (!answer.entry) return missing_pause / 2 + services_->entropy->jitter(missing_pause);
  quick_answers_ = answer.received_at - asked < quick ? quick_answers_ + 1 : 0;
  return quick_answers_ > quick_allowed ? storm_pause : duration{0};
}

boost::asio::awaitable<consul::kv_found> key_watch::ask() {
  if (index_ == 0) {
    consul::kv_found first = co_await client_.get(key_, consul::consistency::default_);
    co_return first;
  }
  co_await turns_.acquire();
  const poll_turn mine(turns_);
  consul::kv_found next = co_await client_.watch(key_, index_, turns_.wait());
  co_return next;
}

boost::asio::awaitable<void> key_watch::run() {
  core::backoff failures(100ms, 5s);
  bool looked = false;
  while (!deserted()) {
    const time_point asked = services_->timers->now();
    const consul::kv_found answer = co_await ask();
    if (answer.error) {
      tell([&](key_follower& f) { f.key_unseen(answer.error, answer.detail); });
      const time_point again = services_->timers->now() + failures.next(services_->entropy->next());
      co_await runtime::sleep_until(*services_->timers, again);
      continue;
    }
    failures.reset();
    // An index that went backwards: the server began another life, so begin again as well.
    index_ = answer.index < index_ ? 0 : std::max<std::uint64_t>(answer.index, 1);
    last_ = answer;
    tell([&](key_follower& f) { f.key_seen(answer); });
    const duration pause = pause_after(answer, asked);
    if (looked && pause > duration{0}) {
      const time_point again = services_->timers->now() + pause;
      co_await runtime::sleep_until(*services_->timers, again);
    }
    looked = true;
  }
}

}  // namespace tenure::impl
