#include "sim/ground_truth.hpp"

#include <utility>

namespace tenure::sim {

const holding* key_timeline::find(const std::string& session, std::uint64_t fence) const noexcept {
  for (auto s = holdings.rbegin(); s != holdings.rend(); ++s) {
    if (s->fence == fence && s->session == session) return &*s;
  }
  return nullptr;
}

const holding* key_timeline::before(const holding& later) const noexcept {
  return &later > holdings.data() ? &later - 1 : nullptr;
}

const holding* key_timeline::current() const noexcept {
  return now && !now->session.empty() && !holdings.empty() ? &holdings.back() : nullptr;
}

const key_timeline& ground_truth::of(const std::string& key) const {
  static const key_timeline none;
  const auto found = keys_.find(key);
  return found != keys_.end() ? found->second : none;
}

std::vector<const agent::kv_fields*> ground_truth::below(const std::string& prefix) const {
  std::vector<const agent::kv_fields*> found;
  for (auto at = keys_.lower_bound(prefix); at != keys_.end() && at->first.starts_with(prefix);
       ++at) {
    if (at->second.now) found.push_back(&*at->second.now);
  }
  return found;
}

void ground_truth::update(const std::string& key, std::optional<agent::kv_fields> now, actor by) {
  key_timeline& k = keys_[key];
  if (!k.now && !now) return;
  if (k.now && now && k.now->modify_index == now->modify_index) return;  // rolled back
  const std::optional<agent::kv_fields> before = std::exchange(k.now, std::move(now));
  const std::string held_before = before ? before->session : std::string();
  const std::string held_now = k.now ? k.now->session : std::string();
  const bool recreated = before && k.now && before->create_index != k.now->create_index;
  if (before && (!k.now || recreated) && by != agent_restart) k.erased.push_back(world_.now());
  if (!held_before.empty() && (held_now != held_before || recreated)) {
    k.holdings.back().lost = world_.now();
  }
  if (!held_now.empty() && (held_now != held_before || recreated)) {
    holding h;
    h.session = held_now;
    h.fence = k.now->modify_index;
    h.rank = rank_of(h.fence);
    h.won = world_.now();
    // One member of a group hands a key over to another's session.
    const auto owner = owners_.find(held_now);
    h.by = owner != owners_.end() ? owner->second : by;
    h.handed_over = !held_before.empty() && !recreated;
    k.holdings.push_back(std::move(h));
  }
  // Of a held key, too: a holder that dies leaves it empty.
  if (by == operators && k.now && k.now->value.empty()) k.emptied.push_back(world_.now());
  if (k.now) {
    world_.note("store", held_now.empty() ? "free" : "held",
                key + " " + held_now.substr(0, 8), k.now->modify_index,
                static_cast<std::uint64_t>(by));
  } else {
    world_.note("store", "gone", key, 0, static_cast<std::uint64_t>(by));
  }
  const key_change change{key, before, k.now, by};
  if (changed) changed(change);
}

void ground_truth::erase_all(actor by) {
  for (auto& [key, k] : keys_) update(key, std::nullopt, by);
}

}  // namespace tenure::sim
