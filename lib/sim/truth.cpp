#include "sim/truth.hpp"

#include <utility>

namespace tenure::sim {

const spell* key_truth::find(const std::string& session, std::uint64_t fence) const noexcept {
  for (auto s = spells.rbegin(); s != spells.rend(); ++s) {
    if (s->fence == fence && s->session == session) return &*s;
  }
  return nullptr;
}

const spell* key_truth::current() const noexcept {
  return now && !now->session.empty() && !spells.empty() ? &spells.back() : nullptr;
}

void truth::update(const std::string& key, std::optional<agent::kv_fields> now, actor by) {
  key_truth& k = keys_[key];
  if (!k.now && !now) return;
  if (k.now && now && k.now->modify_index == now->modify_index) return;  // taken back
  const std::optional<agent::kv_fields> before = std::exchange(k.now, std::move(now));
  const std::string held_before = before ? before->session : std::string();
  const std::string held_now = k.now ? k.now->session : std::string();
  const bool made_again = before && k.now && before->create_index != k.now->create_index;
  if (before && (!k.now || made_again)) k.erased.push_back(world_.now());
  if (!held_before.empty() && (held_now != held_before || made_again)) {
    k.spells.back().lost = world_.now();
  }
  if (!held_now.empty() && (held_now != held_before || made_again)) {
    spell s;
    s.session = held_now;
    s.fence = k.now->modify_index;
    s.won = world_.now();
    s.by = by;
    k.spells.push_back(std::move(s));
  }
  if (by == operators && k.now && held_now.empty() && k.now->value.empty()) {
    k.emptied.push_back(world_.now());
  }
  if (by == operators && k.now && !held_now.empty() && k.now->value.empty()) {
    k.emptied.push_back(world_.now());  // it will be left empty by a session that dies
  }
  if (k.now) {
    world_.note("store", held_now.empty() ? "free" : "held",
                key + " " + held_now.substr(0, 8), k.now->modify_index,
                static_cast<std::uint64_t>(by));
  } else {
    world_.note("store", "gone", key, 0, static_cast<std::uint64_t>(by));
  }
  const key_change told{key, before, k.now, by};
  if (changed) changed(told);
}

void truth::erase_all(actor by) {
  for (auto& [key, k] : keys_) update(key, std::nullopt, by);
}

}  // namespace tenure::sim
