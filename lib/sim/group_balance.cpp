#include "sim/group_balance.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "consul/member_document.hpp"
#include "election/group/group_view.hpp"
#include "sim/safety_checker.hpp"
#include "sim/scenario.hpp"

namespace tenure::sim {

group_balance::member_list group_balance::members_of(std::size_t group, std::string& why) const {
  const std::string prefix = group_prefix(group);
  const std::string below = impl::members_prefix(prefix);
  member_list members;
  for (const agent::kv_fields* k : truth_.below(below)) {
    const std::string rest = k->key.substr(below.size());
    if (rest.starts_with('.')) continue;
    const auto document = consul::parse_member(k->value);
    if (rest != k->session || !document) {
      why = k->key + " is not the key of a member";
      continue;
    }
    member m;
    m.name = document->name;
    m.session = k->session;
    m.weight = document->weight;
    m.capacity = document->capacity == core::no_limit ? 1e9 : document->capacity;
    const bool drained = truth_.of(impl::drain_key_name(prefix, m.name)).now.has_value();
    m.may_lead = m.weight > 0 && m.capacity > 0 && !drained && !document->leaving;
    m.create_index = k->create_index;
    if (!document->settled) why = m.name + " is not settled";
    members.push_back(std::move(m));
  }
  return members;
}

std::string group_balance::unbalanced(std::size_t group) const {
  std::string why;
  member_list members = members_of(group, why);
  if (!why.empty()) return why;
  std::size_t elections = 0;
  for (std::size_t i = 0; i < context_.scenario.elections; ++i) {
    if (context_.scenario.groups.group_of(i) != group) continue;
    ++elections;
    const std::string key = election_key(i);
    const holding* now = truth_.of(key).current();
    if (now == nullptr) return key + " is free";
    const auto m = std::find_if(members.begin(), members.end(),
                                [now](const member& each) { return each.session == now->session; });
    if (m == members.end()) return key + " is held by a session that is not a member's";
    if (!m->may_lead) return m->name + " must not lead, and holds " + key;
    if (!context_.checker.leads(key, now->fence)) return m->name + " does not lead " + key;
    ++m->leads;
  }
  why = misplaced_pins(group, members);
  return why.empty() ? beyond_share(members, elections) : why;
}

std::string group_balance::misplaced_pins(std::size_t group, member_list& members) const {
  std::string why;
  for (member& m : members) {
    std::size_t there = 0;
    for (std::size_t i = 0; i < context_.scenario.elections; ++i) {
      if (context_.scenario.groups.group_of(i) != group) continue;
      const auto& pin = truth_.of(impl::pin_key_name(group_prefix(group), election_key(i))).now;
      if (!pin || pin->value != m.name || !m.may_lead) continue;
      m.pinned += 1;
      if (truth_.of(election_key(i)).current()->session == m.session) ++there;
    }
    m.pinned = std::min(m.pinned, m.capacity);
    if (static_cast<double>(there) < m.pinned) {
      why = m.name + " leads " + std::to_string(there) + " of the elections that are pinned to it";
    }
  }
  return why;
}

// All members are filled to one level, a number of elections for each part of weight, within what
// is pinned to them and what they have room for.
std::string group_balance::beyond_share(const member_list& members, std::size_t elections) {
  const auto part = [](const member& m, double level) {
    return m.may_lead ? std::clamp(level * m.weight, m.pinned, m.capacity) : 0;
  };
  double low = 0;
  double high = 1e9;
  for (int i = 0; i < 200; ++i) {
    const double level = (low + high) / 2;
    double sum = 0;
    for (const member& m : members) sum += part(m, level);
    (sum < static_cast<double>(elections) ? low : high) = level;
  }
  for (const member& m : members) {
    const double share = part(m, high);
    const auto leads = static_cast<double>(m.leads);
    if (leads >= std::floor(share + 1e-6) && leads <= std::ceil(share - 1e-6)) continue;
    return m.name + " leads " + std::to_string(m.leads) + " of " + std::to_string(elections) +
           ", and its share is " + std::to_string(share);
  }
  return {};
}

std::string group_balance::unbalanced() const {
  for (std::size_t group = 0; group < context_.scenario.groups.groups; ++group) {
    const std::string why = unbalanced(group);
    if (!why.empty()) return group_prefix(group) + ": " + why;
  }
  return {};
}

std::string group_balance::misjudged() const {
  for (std::size_t group = 0; group < context_.scenario.groups.groups; ++group) {
    std::string why;
    const member_list members = members_of(group, why);
    for (const auto& p : processes_.current()) {
      const auto seen = p->members_of(group);
      if (!seen) continue;
      const std::string who = p->name() + " sees in " + group_prefix(group) + " ";
      if (seen->size() != members.size()) return who + std::to_string(seen->size()) + " members";
      for (const group_member_status& each : *seen) {
        if (each.gives != 0 || each.gets != 0) return who + each.name + " in a move";
        if (each.leads != each.share) return who + each.name + " beyond its share";
      }
    }
  }
  return {};
}

std::vector<std::uint64_t> group_balance::fences() const {
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < context_.scenario.elections; ++i) {
    if (!context_.scenario.groups.group_of(i)) continue;
    const auto& holdings = truth_.of(election_key(i)).holdings;
    all.push_back(holdings.empty() ? 0 : holdings.back().fence);
  }
  return all;
}

bool group_balance::settled() {
  const time_point now = context_.world.now();
  std::vector<std::uint64_t> seen = fences();
  const bool moved = std::exchange(last_fences_, seen) != seen;
  if (!unbalanced().empty()) {
    since_ = time_point::max();
  } else if (moved || since_ == time_point::max()) {
    since_ = now;
  }
  return since_ != time_point::max() && now - since_ >= quiet_time;
}

}  // namespace tenure::sim
