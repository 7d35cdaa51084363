// Which shard watches which key, and which shard has which connection.
#include <algorithm>
#include <utility>

#include "election/key_watches.hpp"
#include "election/shard.hpp"
#include "runtime/condition.hpp"
#include "runtime/keeping.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// A plan costs about a tenth of this for each key: so planning takes no more than that share of the
// time, however many keys come and go.
constexpr duration plan_per_key = 5us;
// What a prefix may bring along that nobody watches: so many keys, or so many times its own.
constexpr std::size_t foreign_allowed = 256;
constexpr std::size_t foreign_times = 4;
constexpr std::size_t foreign_most = 50'000;  // beyond that it is not asked for at all
// Up to so many keys are watched one by one where lists are refused.
constexpr std::size_t most_without_lists = 512;

}  // namespace

key_watches::key_watches(std::shared_ptr<const runtime::services> services,
                         consul::client& client, poll_turns& turns,
                         std::function<void(asio::awaitable<void>)> spawn,
                         std::function<void()> told)
    : services_(std::move(services)),
      client_(client),
      turns_(turns),
      spawn_(std::move(spawn)),
      told_(std::move(told)) {}

key_watches::~key_watches() { stop(); }

// -- planning ------------------------------------------------------------------------------------

void key_watches::place_newcomer(named_key& key) {
  const auto found = core::find_shard(plan_, core::shard_range(key.first.text(), true));
  if (found == plan_.end()) {
    want_plan();
    return;
  }
  shard& owner = *found->second;
  key.second.owner = &owner;
  ++owner.keys;
  if (key.second.claimed) owner.claim_begun();
  owner.newcomer(key.first.text());
  if (owner.keys > 2 * std::max(owner.planned_keys, limits_.target)) want_plan();
}

void key_watches::connections_changed() {
  if (turns_.for_shards() < plan_.size()) want_plan();
}

void key_watches::want_plan() {
  if (stopped_ || std::exchange(planning_, true)) return;
  spawn_(plan_soon());
}

asio::awaitable<void> key_watches::plan_soon() {
  const time_point earliest =
      planned_keys_ == 0 ? time_point::min()
                         : planned_at_ + plan_per_key * static_cast<std::int64_t>(planned_keys_);
  if (services_->timers->now() < earliest) {
    co_await runtime::sleep_until(*services_->timers, earliest);
  }
  planning_ = false;
  if (!stopped_) plan();
}

void key_watches::plan() {
  ++counts_.plans;
  planned_keys_ = keys_.size();
  planned_at_ = services_->timers->now();
  drop_old_burdens();
  std::vector<std::string_view> keys;
  keys.reserve(keys_.size());
  for (const auto& [key, w] : keys_) keys.emplace_back(key.text());
  core::shard_set present;
  for (const auto& [range, s] : plan_) present.insert(range);
  limits_.most = turns_.for_shards();
  const core::shard_set wanted = core::plan_shards(keys, present, burdens_, limits_);
  if (wanted != present) {
    ++counts_.changed_plans;
    services_->log->log(log_level::debug, "watching by another plan",
                        {{"keys", keys.size()}, {"queries", wanted.size()}});
  }
  carry_out(wanted);
}

// Burdens of places where nobody looks any more are forgotten.
void key_watches::drop_old_burdens() {
  const auto unwatched = [this](const std::string& prefix) {
    const auto first = keys_.lower_bound(prefix);
    return first == keys_.end() || !first->first.text().starts_with(prefix);
  };
  std::erase_if(burdens_.heavy, unwatched);
  std::erase_if(burdens_.forbidden, unwatched);
}

void key_watches::carry_out(const core::shard_set& wanted) {
  std::vector<shard_ptr> gone;
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
  std::vector<shard_ptr> fresh;
  for (const core::shard_range& range : wanted) {
    if (plan_.contains(range)) continue;
    const auto old = std::find_if(leaving_.begin(), leaving_.end(),
                                  [&](const shard_ptr& s) { return s->range() == range; });
    if (old == leaving_.end()) {
      fresh.push_back(plan_.emplace(range, std::make_shared<shard>(*this, range)).first->second);
    } else {
      (*old)->revive();
      plan_.emplace(range, *old);
      leaving_.erase(old);
    }
  }
  for (const shard_ptr& s : gone) retire(s);
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
  for (const shard_ptr& s : fresh) spawn_(runtime::keeping(s->run(), s));
}

void key_watches::retire(const shard_ptr& which) {
  which->keys = 0;
  which->no_claims();
  which->retire();
  if (which->running) leaving_.push_back(which);
}

void key_watches::ended(shard& which) noexcept {
  std::erase_if(leaving_, [&](const shard_ptr& s) { return s.get() == &which; });
}

// -- what prefixes bring along -------------------------------------------------------------------

void key_watches::brought(const shard& whose, std::size_t foreign) {
  if (foreign <= std::max(foreign_allowed, foreign_times * whose.keys)) return;
  auto& among = foreign > foreign_most ? burdens_.forbidden : burdens_.heavy;
  if (!among.insert(whose.range().text).second) return;
  ++counts_.burdens;
  want_plan();
}

void key_watches::found_forbidden(const std::string& prefix) {
  if (keys_.size() > most_without_lists) return;
  if (!burdens_.forbidden.insert(prefix).second) return;
  ++counts_.burdens;
  want_plan();
}

// -- connections ---------------------------------------------------------------------------------

bool key_watches::covered(const shard& who) const noexcept {
  return std::any_of(leaving_.begin(), leaving_.end(), [&](const shard_ptr& old) {
    return old->has_turn() && old->range().covers(who.range());
  });
}

bool key_watches::still_needed(const shard& retired) const noexcept {
  const std::size_t waiting = turns_.waiting([&](const poll_waiter* w) {
    const auto* s = dynamic_cast<const shard*>(w);
    return s != nullptr && retired.range().covers(s->range());
  });
  return waiting > turns_.free() + 1;
}

}  // namespace tenure::impl
