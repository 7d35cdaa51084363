// The checks of what processes write: releases, hand-overs, proclaims (S6, S7) and data (S5).
#include <algorithm>

#include "sim/run_context.hpp"
#include "sim/safety_checker.hpp"
#include "sim/text_scan.hpp"

namespace tenure::sim {

void safety_checker::key_changed(const key_change& change) {
  if (write_checker::is_data_key(change.key)) {
    writes_.landed(change);
    return;
  }
  if (slot_checker::is_key(change.key)) {
    slots_.key_changed(change);
    return;
  }
  if (!is_process(change.by) || !change.after) return;
  const bool held_before = change.before && !change.before->session.empty();
  if (held_before && change.after->session.empty()) check_release(change);
  if (const holding* now = truth_.of(change.key).current();
      now != nullptr && now->handed_over && now->fence == change.after->modify_index) {
    check_hand_over(change);
  }
  if (!change.after->session.empty()) check_proclaim(change);
}

void safety_checker::check_release(const key_change& change) {
  if (!change.after->value.empty()) {
    world_.probes.hit("released, and a value left");
    return;
  }
  // A clean release: successors start at once.
  world_.probes.hit("released cleanly");
  const key_timeline& k = truth_.of(change.key);
  for (const auto& t : by_key_[change.key]) {
    const bool own = t->term.session() == change.before->session;
    if (own && t->working && !t->excused) {
      world_.report_violation("S6",
                              t->name() + " releases " + change.key + " while its work runs");
    }
    if (!t->lease_open(world_.now())) continue;
    if (!own && !may_overlap(*t, k)) {
      world_.report_violation("S6", change.key + " is released cleanly within the lease of " +
                                        t->name());
    }
    if (own && (t->term.fence() != k.holdings.back().fence || !t->closed)) {
      world_.report_violation("S6", change.key + " is released under " + t->name());
    }
  }
}

void safety_checker::check_hand_over(const key_change& change) {
  world_.probes.hit("handed over");
  const key_timeline& k = truth_.of(change.key);
  // Others follow from a term that ended for another reason.
  const auto& given = newest_[change.key];
  const bool moves = given && given->term.reason() == end_reason::handed_over &&
                     given->term.session() == change.before->session;
  const auto group = scenario_.groups.group_of(election_number(change.key));
  if (moves && group) {
    moves_.handed_over(group_prefix(*group), change.key, change.before->session,
                       change.after->session);
  }
  for (const auto& t : by_key_[change.key]) {
    const bool own = t->term.session() == change.before->session;
    // Work of an earlier holder of that session, too, and work that overruns its budget.
    if (own && t->working) {
      world_.report_violation("S7", t->name() + " hands " + change.key +
                                        " over while its work runs");
    }
    if (!t->lease_open(world_.now())) continue;
    if (own || !may_overlap(*t, k)) {
      world_.report_violation("S7", change.key + " is handed over within the lease of " +
                                        t->name());
    }
  }
}

/// Whether another term may begin within this one's lease, for one of the reasons of
/// no_protection().
bool safety_checker::may_overlap(const tracked_term& t, const key_timeline& k) const {
  const bool foreign_after =
      std::any_of(k.holdings.begin(), k.holdings.end(), [&t](const holding& h) {
        return h.rank > t.rank && !is_process(h.by);
      });
  const holding* const own = k.find(t.term.session(), t.term.fence());
  const auto since_won = [&](time_point at) { return own == nullptr || at >= own->won; };
  return std::any_of(k.erased.begin(), k.erased.end(), since_won) ||
         std::any_of(k.emptied.begin(), k.emptied.end(), since_won) || foreign_after ||
         scenario_.drift_ppm > max_rate_ppm || scenario_.mixed_spans;
}

void safety_checker::check_proclaim(const key_change& change) {
  const std::uint64_t fence = number_after(change.after->value, " fence ");
  if (fence == 0) return;
  const holding* now = truth_.of(change.key).current();
  if (now != nullptr && now->fence != fence) {
    world_.report_violation("S6", "a proclaim of fence " + std::to_string(fence) + " acts on " +
                                      change.key + " under fence " +
                                      std::to_string(now->fence));
  }
}

}  // namespace tenure::sim
