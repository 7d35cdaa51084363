// Which shard watches which key, and which shard has which connection.
#include <algorithm>
#include <utility>

#include "election/watching/watch_registry.hpp"
#include "election/watching/range_query.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A plan costs about a tenth of this for each key: so planning takes no more than that share of the
// time, however many keys come and go.
constexpr duration plan_per_key = 5us;
// What a prefix may bring along that nobody watches: so many keys, or so many times its own.
constexpr std::size_t unwatched_allowed = 256;
constexpr std::size_t unwatched_times = 4;
constexpr std::size_t unwatched_most = 50'000;  // beyond that it is not asked for at all
// Up to so many keys are watched one by one where lists are refused.
constexpr std::size_t most_without_lists = 512;

}  // namespace

watch_registry::watch_registry(std::shared_ptr<const runtime::environment> env,
                         consul::client& client, poll_slots& slots_for_polls,
                         std::function<void(asio::awaitable<void>)> spawn,
                         std::function<void()> told)
    : env_(std::move(env)),
      client_(client),
      poll_slots_(slots_for_polls),
      spawn_(std::move(spawn)),
      told_(std::move(told)) {}

watch_registry::~watch_registry() { stop(); }

// -- planning ------------------------------------------------------------------------------------

void watch_registry::place_newcomer(named_key& key) {
  const auto found = core::find_range(plan_, core::watch_range(key.first.text(), true));
  if (found == plan_.end()) {
    want_plan();
    return;
  }
  range_query& owner = *found->second;
  key.second.owner = &owner;
  ++owner.keys;
  if (key.second.claimed) owner.claim_begun();
  owner.newcomer(key.first.text());
  if (owner.keys > 2 * std::max(owner.planned_keys, limits_.target)) want_plan();
}

void watch_registry::connections_changed() {
  if (poll_slots_.for_shards() < plan_.size()) want_plan();
}

void watch_registry::want_plan() {
  if (stopped_ || std::exchange(planning_, true)) return;
  spawn_(plan_soon());
}

asio::awaitable<void> watch_registry::plan_soon() {
  const time_point earliest =
      planned_keys_ == 0 ? time_point::min()
                         : planned_at_ + plan_per_key * static_cast<std::int64_t>(planned_keys_);
  if (env_->timers->now() < earliest) {
    co_await runtime::sleep_until(*env_->timers, earliest);
  }
  planning_ = false;
  if (!stopped_) plan();
}

void watch_registry::plan() {
  ++counts_.plans;
  planned_keys_ = keys_.size();
  planned_at_ = env_->timers->now();
  drop_old_costs();
  std::vector<std::string_view> keys;
  keys.reserve(keys_.size());
  for (const auto& [key, w] : keys_) keys.emplace_back(key.text());
  core::range_set present;
  for (const auto& [range, s] : plan_) present.insert(range);
  limits_.most = poll_slots_.for_shards();
  const core::range_set wanted = core::plan_ranges(keys, present, costs_, limits_);
  if (wanted != present) {
    ++counts_.changed_plans;
    env_->log->log(log_level::debug, "watching by another plan",
                        {{"keys", keys.size()}, {"queries", wanted.size()}});
  }
  carry_out(wanted);
}

// Burdens of places where nobody looks any more are forgotten.
void watch_registry::drop_old_costs() {
  const auto unwatched = [this](const std::string& prefix) {
    const auto first = keys_.lower_bound(prefix);
    return first == keys_.end() || !first->first.text().starts_with(prefix);
  };
  std::erase_if(costs_.oversized, unwatched);
  std::erase_if(costs_.unlistable, unwatched);
}

void watch_registry::carry_out(const core::range_set& wanted) {
  std::vector<query_ptr> gone;
  for (auto s = plan_.begin(); s != plan_.end();) {
    s->second->keys = 0;
    s->second->no_claims();
    if (wanted.contains(s->first)) {
      ++s;
    } else {
      gone.push_back(s->second);
      s = plan_.erase(s);
    }
  }
  // The new ones come first: whoever is retired makes room for them.
  std::vector<query_ptr> fresh;
  for (const core::watch_range& range : wanted) {
    if (plan_.contains(range)) continue;
    const auto old = std::find_if(leaving_.begin(), leaving_.end(),
                                  [&](const query_ptr& s) { return s->range() == range; });
    if (old == leaving_.end()) {
      fresh.push_back(plan_.emplace(range, std::make_shared<range_query>(*this, range)).first->second);
    } else {
      (*old)->revive();
      plan_.emplace(range, *old);
      leaving_.erase(old);
    }
  }
  for (const query_ptr& s : gone) retire(s);
  auto owner = plan_.begin();
  for (auto& [key, w] : keys_) {
    while (!owner->first.covers(key.text())) ++owner;
    const bool moved = w.owner != owner->second.get();
    w.owner = owner->second.get();
    ++w.owner->keys;
    if (w.claimed) w.owner->claim_begun();
    if (moved && w.due) w.owner->newcomer(key.text());
  }
  for (auto& [range, s] : plan_) s->planned_keys = s->keys;
  for (const query_ptr& s : fresh) spawn_(runtime::keep_alive(s->run(), s));
}

void watch_registry::retire(const query_ptr& which) {
  which->keys = 0;
  which->no_claims();
  which->retire();
  if (which->running) leaving_.push_back(which);
}

void watch_registry::ended(range_query& which) noexcept {
  std::erase_if(leaving_, [&](const query_ptr& s) { return s.get() == &which; });
}

// -- what prefixes bring along -------------------------------------------------------------------

void watch_registry::report_unwatched(const range_query& whose, std::size_t unwatched) {
  if (unwatched <= std::max(unwatched_allowed, unwatched_times * whose.keys)) return;
  auto& among = unwatched > unwatched_most ? costs_.unlistable : costs_.oversized;
  if (!among.insert(whose.range().text).second) return;
  ++counts_.costly_prefixes;
  want_plan();
}

void watch_registry::found_unlistable(const std::string& prefix) {
  if (keys_.size() > most_without_lists) return;
  if (!costs_.unlistable.insert(prefix).second) return;
  ++counts_.costly_prefixes;
  want_plan();
}

// -- connections ---------------------------------------------------------------------------------

bool watch_registry::covered(const range_query& who) const noexcept {
  return std::any_of(leaving_.begin(), leaving_.end(), [&](const query_ptr& old) {
    return old->has_slot() && old->range().covers(who.range());
  });
}

bool watch_registry::still_needed(const range_query& retired) const noexcept {
  const std::size_t waiting = poll_slots_.waiting([&](const poll_client* w) {
    const auto* s = dynamic_cast<const range_query*>(w);
    return s != nullptr && retired.range().covers(s->range());
  });
  return waiting > poll_slots_.free() + 1;
}

}  // namespace tenure::impl
