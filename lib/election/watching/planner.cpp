#include "election/watching/planner.hpp"

#include <algorithm>
#include <string_view>
#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "runtime/keep_alive.hpp"

namespace tenure::impl {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

// The pause between plans, for each key: ten times what planning a key costs. So planning takes at
// most a tenth of a core, however many keys come and go.
constexpr duration plan_per_key = 5us;
// How many unwatched keys a prefix may return: this number, or this multiple of its watched keys.
constexpr std::size_t unwatched_allowed = 256;
constexpr std::size_t unwatched_ratio = 4;
// A prefix with more than this is not asked for at all.
constexpr std::size_t unwatched_most = 50'000;
// A plan has at most this many times the queries that its keys need.
constexpr std::size_t broadest = 4;
// Up to how many keys are watched one by one if the server refuses lists.
constexpr std::size_t most_without_lists = 512;
// When a refused list is tried again.
constexpr duration list_again_after = 10min;

}  // namespace

planner::planner(query_context& context, watched_keys& keys) : context_(context), keys_(keys) {
  context_.slots.add(*this);
}

void planner::stop() noexcept {
  if (!std::exchange(stopped_, true)) context_.slots.remove(*this);
}

// -- keys that come and go -----------------------------------------------------------------------

void planner::add_newcomer(named_key& key) {
  const std::string& text = key.first.text();
  if (key.second.owner != nullptr) {
    key.second.owner->add_newcomer(text);
    return;
  }
  const auto found = core::find_range(plan_, core::watch_range(text, core::range_kind::key));
  if (found == plan_.end()) {
    want_plan();
    return;
  }
  range_query& owner = *found->second;
  key.second.owner = &owner;
  ++owner.keys;
  if (key.second.claimed) owner.query().lock_op_begun();
  owner.add_newcomer(text);
  if (owner.keys > 2 * std::max(owner.planned_keys, limits_.target)) want_plan();
}

void planner::key_removed(const watched_key& removed) {
  range_query* const owner = removed.owner;
  if (owner != nullptr && removed.claimed) owner->query().lock_op_answered();
  if (owner != nullptr && --owner->keys == 0) {
    const auto place = plan_.find(owner->range());
    const query_ptr last = place->second;
    plan_.erase(place);
    retire(last);
  }
  if (keys_.empty() || keys_.size() < planned_keys_ / 2) want_plan();
}

// A smaller share is kept to at once. A larger one is worth a new plan when it is much larger.
void planner::on_share_changed() {
  const std::size_t share = context_.slots.for_queries();
  const bool too_many = share < plan_.size() && share < limits_.most;
  const bool too_few = limits_.most < queries_wanted() && share >= limits_.most * 3 / 2 + 1;
  if (too_many || (too_few && !plan_.empty())) want_plan();
}

/// As many as range_plan would use at most. A few keys for which there were too few connections
/// share a prefix, and want no more: the plan would change with every object that comes or goes.
std::size_t planner::queries_wanted() const noexcept {
  if (keys_.size() <= limits_.singles) {
    return plan_.empty() ? keys_.size() : std::min(plan_.size(), keys_.size());
  }
  if (keys_.size() <= limits_.target) return std::max<std::size_t>(plan_.size(), 1);
  const std::size_t by_target = (keys_.size() + limits_.target - 1) / limits_.target;
  return std::max(by_target * broadest, plan_.size());
}

// -- planning ------------------------------------------------------------------------------------

void planner::want_plan() {
  if (stopped_ || std::exchange(planning_, true)) return;
  context_.spawn(plan_soon());
}

asio::awaitable<void> planner::plan_soon() {
  runtime::timers& timers = *context_.env->timers;
  const time_point earliest =
      planned_keys_ == 0 ? time_point::min()
                         : planned_at_ + plan_per_key * static_cast<std::int64_t>(planned_keys_);
  if (timers.now() < earliest) co_await runtime::sleep_until(timers, earliest);
  if (!stopped_) plan();
  planning_ = false;
  if (!stopped_) on_share_changed();  // what the plan itself made of the shares
}

void planner::plan() {
  ++context_.counts.plans;
  planned_keys_ = keys_.size();
  planned_at_ = context_.env->timers->now();
  forget_old_costs();
  std::vector<std::string_view> keys;
  keys.reserve(keys_.size());
  for (const auto& [key, watched] : keys_) keys.emplace_back(key.text());
  core::range_set present;
  for (const auto& [range, query] : plan_) present.insert(range);
  context_.slots.want(*this, queries_wanted());
  limits_.most = context_.slots.for_queries();
  const core::range_set wanted = core::plan_ranges(keys, present, costs_, limits_);
  if (wanted != present) {
    ++context_.counts.changed_plans;
    context_.env->log->log(log_level::debug, "watch plan changed",
                           {{"keys", keys.size()}, {"queries", wanted.size()}});
  }
  carry_out(wanted);
  context_.slots.want(*this, queries_wanted());
}

// Costs of prefixes below which nothing is watched any more.
void planner::forget_old_costs() {
  const auto unused = [this](const std::string& prefix) {
    const auto first = keys_.lower_bound(prefix);
    return first == keys_.end() || !first->first.text().starts_with(prefix);
  };
  std::erase_if(costs_.oversized, unused);
  std::erase_if(costs_.unlistable, unused);
}

void planner::carry_out(const core::range_set& wanted) {
  const std::vector<query_ptr> unwanted = take_unwanted(wanted);
  // The new queries are in the plan before the old ones retire, which give them their slots.
  const std::vector<query_ptr> fresh = add_missing(wanted);
  for (const query_ptr& query : unwanted) retire(query);
  assign_keys();
  for (const query_ptr& query : fresh) {
    context_.spawn(runtime::keep_alive(query->query().run(), query));
  }
}

std::vector<planner::query_ptr> planner::take_unwanted(const core::range_set& wanted) {
  std::vector<query_ptr> unwanted;
  for (auto place = plan_.begin(); place != plan_.end();) {
    place->second->keys = 0;
    place->second->query().forget_claims();
    if (wanted.contains(place->first)) {
      ++place;
    } else {
      unwanted.push_back(place->second);
      place = plan_.erase(place);
    }
  }
  return unwanted;
}

/// Returns the queries that have to be started. A retired one that still runs is revived instead.
std::vector<planner::query_ptr> planner::add_missing(const core::range_set& wanted) {
  plan_events& events = *this;
  std::vector<query_ptr> fresh;
  for (const core::watch_range& range : wanted) {
    if (plan_.contains(range)) continue;
    const auto old = std::find_if(retired_.begin(), retired_.end(),
                                  [&](const query_ptr& query) { return query->range() == range; });
    if (old == retired_.end()) {
      fresh.push_back(std::make_shared<range_query>(context_, events, range));
      plan_.emplace(range, fresh.back());
    } else {
      (*old)->query().revive();
      plan_.emplace(range, *old);
      retired_.erase(old);
    }
  }
  return fresh;
}

// The plan covers every key, and both are sorted.
void planner::assign_keys() {
  auto owner = plan_.begin();
  for (auto& [key, watched] : keys_) {
    while (!owner->first.covers(key.text())) ++owner;
    const bool moved = watched.owner != owner->second.get();
    watched.owner = owner->second.get();
    ++watched.owner->keys;
    if (watched.claimed) watched.owner->query().lock_op_begun();
    if (moved && watched.due) watched.owner->add_newcomer(key.text());
  }
  for (auto& [range, query] : plan_) query->planned_keys = query->keys;
}

void planner::retire(const query_ptr& query) {
  query->keys = 0;
  query->query().forget_claims();
  query->query().retire();
  if (query->query().running()) retired_.push_back(query);
}

// -- what the queries report ---------------------------------------------------------------------

void planner::report_unwatched(const range_query& query, std::size_t unwatched) {
  if (unwatched <= std::max(unwatched_allowed, unwatched_ratio * query.keys)) return;
  auto& prefixes = unwatched > unwatched_most ? costs_.unlistable : costs_.oversized;
  if (!prefixes.insert(query.range().text).second) return;
  ++context_.counts.costly_prefixes;
  want_plan();
}

void planner::report_unlistable(const range_query& query) {
  if (keys_.size() > most_without_lists) return;
  if (!costs_.unlistable.insert(query.range().text).second) return;
  ++context_.counts.costly_prefixes;
  want_plan();
  context_.spawn(list_again_later(query.range().text));
}

// The token may have the right again.
asio::awaitable<void> planner::list_again_later(std::string prefix) {
  runtime::timers& timers = *context_.env->timers;
  const time_point at = timers.now() + list_again_after;
  co_await runtime::sleep_until(timers, at);
  if (costs_.unlistable.erase(prefix) > 0) want_plan();
}

void planner::query_ended(range_query& query) noexcept {
  std::erase_if(retired_, [&](const query_ptr& old) { return old.get() == &query; });
}

bool planner::covered(const range_query& query) const noexcept {
  return std::any_of(retired_.begin(), retired_.end(), [&](const query_ptr& old) {
    return old->query().has_slot() && old->range().covers(query.range());
  });
}

// Counts those that wait below it: a retired poll ends only if the free slots suffice for them.
bool planner::still_needed(const range_query& retired) const noexcept {
  const auto waits = [&](const range_query& query) {
    return query.query().waits_for_slot() && retired.range().covers(query.range());
  };
  std::size_t waiting = 0;
  for (const auto& [range, query] : plan_) waiting += waits(*query) ? 1 : 0;
  for (const query_ptr& query : retired_) waiting += waits(*query) ? 1 : 0;
  return waiting > context_.slots.free() + 1;
}

}  // namespace tenure::impl
