#include "sim/slot_checker.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/lease/lease_rules.hpp"
#include "sim/semaphore_settings.hpp"
#include "sim/text_scan.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

// The usual time of a claim from its sender to the server.
constexpr duration slot_claim_travel = 50ms;

std::size_t number_of(const tracked_term& t) { return semaphore_of(t.term.key()).value(); }

}  // namespace

slot_checker::slot_checker(world& its_world, const scenario& its_scenario,
                           const ground_truth& truth)
    : world_(its_world),
      scenario_(its_scenario),
      truth_(truth),
      histories_(its_scenario.semaphores.semaphores),
      by_semaphore_(its_scenario.semaphores.semaphores),
      fences_(its_scenario.semaphores.semaphores),
      leaving_(its_scenario.semaphores.semaphores) {}

// -- terms ---------------------------------------------------------------------------------------

std::shared_ptr<tracked_term> slot_checker::slot_acquired(tenure::term t, const host& h, actor who,
                                                          duration span, std::size_t slots) {
  auto began = std::make_shared<tracked_term>(std::move(t), h, who, span);
  began->slots = slots;
  began->begun = world_.now();
  world_.note(h.name(), "has a slot", began->term.key(), began->term.fence());
  world_.probes.hit("slot acquired");
  if (began->term.valid_until() == time_point::min()) {
    began->closed = true;  // over before user code learned of it
    return began;
  }
  const std::size_t semaphore = number_of(*began);
  began->rank = histories_[semaphore].rank_of(began->term.session(), began->term.fence());
  check_won(*began, semaphore);
  began->until = began->term.valid_until();
  began->lease_end = h.clock()->to_true(began->until);
  check_proof(*began);
  check_count(*began, semaphore);
  began->working = true;
  by_semaphore_[semaphore].push_back(began);
  return began;
}

void slot_checker::check_won(const tracked_term& t, std::size_t semaphore) {
  const std::uint64_t fence = t.term.fence();
  if (histories_[semaphore].named_at(t.term.session(), fence) == time_point::min()) {
    world_.report_violation("P2", t.name() + " has a slot of " + t.term.key() +
                                      " that no write gave to it");
  }
  if (!fences_[semaphore].insert(t.rank).second) {
    world_.report_violation("P2", t.name() + " has the fence of another slot");
  }
  std::uint64_t& newest = newest_[{t.by, semaphore}];
  if (fence <= newest) world_.report_violation("P2", t.name() + " has an old fence");
  newest = std::max(newest, fence);
}

void slot_checker::check_count(tracked_term& beginner, std::size_t semaphore) {
  std::size_t open = 0;
  std::size_t most = beginner.slots;
  std::string holders;
  for (const auto& other : by_semaphore_[semaphore]) {
    const bool leads = other->lease_open(world_.now());
    // Work that should have stopped by now counts as well, unless it is excused.
    const bool works = other->working && !other->excused && other->by != beginner.by;
    if (!leads && !works) continue;
    const bool in_order = other->rank < beginner.rank;
    const std::string why = in_order ? no_protection(*other, beginner, semaphore)
                                     : no_protection(beginner, *other, semaphore);
    if (why.empty()) {
      ++open;
      most = std::min(most, other->slots);
      holders += " " + other->name();
    } else {
      world_.probes.hit("more slots than the limit, only the fence protects: " + why);
    }
  }
  if (open < most) return;
  world_.report_violation("P1", beginner.name() + " has a slot of " + beginner.term.key() +
                                    " beside" + holders + ", of " + std::to_string(most));
}

std::string slot_checker::no_protection(const tracked_term& older, const tracked_term& newer,
                                        std::size_t semaphore) const {
  const auto rate = [](const tracked_term& t) { return std::abs(t.host.clock()->rate_ppm()); };
  if (rate(older) > max_rate_ppm || rate(newer) > max_rate_ppm) {
    return "a clock beyond the allowed drift";
  }
  if (older.span > newer.span) return "the newer holder's span is shorter";
  const slot_history& h = histories_[semaphore];
  const std::string session = older.term.session();
  const time_point from = h.named_at(session, older.term.fence());
  const time_point to = h.named_at(newer.term.session(), newer.term.fence());
  const bool unnamed = h.unnamed_by_operators(session, from, to);
  // A response that arrives after the claim was sent is too late for it.
  const bool seen = seen_.saw_named(newer.by, semaphore, session, older.term.fence(),
                                    h.named_again_at(session, older.term.fence()),
                                    to - slot_claim_travel);
  if (unnamed && !seen) return "its name was taken before the newcomer saw it";
  if (h.overwritten_within(session, from, to) && h.unlocked_within(session, from, to)) {
    return "operators took its name, and its session died";
  }
  return {};
}

/// From the end of the lease back to the sending of the proof that it counts from.
void slot_checker::check_proof(const tracked_term& t) {
  const time_point local_sent = t.term.valid_until() - t.span + t.span / core::drift_parts +
                                core::lease_rules::margin_of(t.span);
  const time_point sent = t.host.clock()->to_true(local_sent);
  if (histories_[number_of(t)].last_held(t.term.session()) < sent) {
    world_.report_violation("P3", t.name() + " counts a proof for " + t.term.key() +
                                      " that was sent after the slot was lost");
  }
}

void slot_checker::close(tracked_term& t) {
  if (std::exchange(t.closed, true)) return;
  world_.note(t.host.name(), "had a slot", to_string(t.term.reason()), t.term.fence());
  world_.probes.hit("slot ended: " + std::string(to_string(t.term.reason())));
}

void slot_checker::process_stepped(actor who) {
  for (term_list& slots : by_semaphore_) {
    for (const auto& t : slots) {
      if (t->by != who || t->closed) continue;
      const time_point until = t->term.valid_until();
      if (t->term.reason() != end_reason::none || until == time_point::min()) {
        if (t->term.reason() != end_reason::none) close(*t);
        t->lease_end = std::min(t->lease_end, world_.now());
        continue;
      }
      if (until == t->until) continue;
      t->until = until;
      const bool was_over = world_.now() >= t->lease_end;
      t->lease_end = t->host.clock()->to_true(until);
      check_proof(*t);
      if (was_over) {
        world_.report_violation("P1", t->name() + " extends a lease that has ended");
      }
    }
  }
}

void slot_checker::body_ended(tracked_term& t) {
  t.working = false;
  world_.note(t.host.name(), "stopped work", t.term.key(), t.term.fence());
  process_stepped(t.by);
  std::erase_if(by_semaphore_[number_of(t)], [this](const auto& other) {
    return !other->working && !other->lease_open(world_.now());
  });
}

void slot_checker::process_paused(actor who) {
  for (const term_list& slots : by_semaphore_) {
    for (const auto& t : slots) {
      if (t->by == who) t->excused = true;
    }
  }
}

void slot_checker::process_died(actor who) {
  dead_.insert(who);
  for (term_list& slots : by_semaphore_) {
    std::erase_if(slots, [who](const auto& t) {
      if (t->by != who) return false;
      t->closed = true;
      t->working = false;
      return true;
    });
  }
}

std::size_t slot_checker::open_leases(std::size_t semaphore) const {
  const term_list& slots = by_semaphore_[semaphore];
  return static_cast<std::size_t>(std::ranges::count_if(
      slots, [this](const auto& t) { return t->lease_open(world_.now()); }));
}

// -- the store -----------------------------------------------------------------------------------

bool slot_checker::is_key(const std::string& key) {
  return semaphore_of(key).has_value() || is_slot_data(key);
}

void slot_checker::key_changed(const key_change& change) {
  if (is_slot_data(change.key)) return data_written(change);
  const std::size_t semaphore = semaphore_of(change.key).value();
  slot_history& history = histories_.at(semaphore);
  if (change.key == semaphore_lock(semaphore)) {
    history.lock_changed(change, truth_.rank_of(0), world_.now());
    if (is_process(change.by)) check_release(change, semaphore);
  } else {
    const std::string session = change.key.substr(semaphore_prefix(semaphore).size() + 1);
    history.contender_changed(change, session, world_.now());
    if (is_process(change.by)) owner_[session] = change.by;
  }
}

void slot_checker::check_release(const key_change& change, std::size_t semaphore) {
  for (const auto& t : by_semaphore_[semaphore]) {
    // Another candidate of the process may write `.lock` after an operator took this name away.
    if (t->by != change.by || !histories_[semaphore].just_unnamed(t->term.session())) continue;
    if (change.before->modify_index < t->term.fence()) {
      world_.probes.hit("a late release finds a restored semaphore, only the fence protects");
      continue;
    }
    if (t->working && !t->excused) {
      world_.report_violation("P4", t->name() + " gives its slot back while its work runs");
    }
    if (t->lease_open(world_.now())) {
      world_.report_violation("P4", t->name() + " gives its slot back within its lease");
    }
  }
}

std::string slot_checker::write_text(const tenure::term& t) {
  return "fence " + std::to_string(t.fence()) + " session " + t.session();
}

void slot_checker::data_written(const key_change& change) {
  if (!change.after) return;
  const std::string& text = change.after->value;
  const std::size_t semaphore =
      static_cast<std::size_t>(std::stoul(change.key.substr(change.key.find('/') + 1)));
  constexpr std::string_view mark = " session ";
  const std::string session = text.substr(text.find(mark) + mark.size());
  world_.probes.hit("guarded write of a slot");
  if (!histories_[semaphore].held(session)) {
    world_.report_violation("P5", "a write of " + text + " lands without its slot");
  }
}

// -- the end -------------------------------------------------------------------------------------

void slot_checker::leaving() {
  // The session of a process that crashed may live on until no other is left to clean up.
  const auto crashed = [this](const std::string& session) {
    const auto found = owner_.find(session);
    return found != owner_.end() && dead_.contains(found->second);
  };
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    leaving_[i] = histories_[i].enrolled();
    std::erase_if(leaving_[i], crashed);
  }
}

void slot_checker::final_check() {
  for (std::size_t i = 0; i < histories_.size(); ++i) {
    for (const std::string& session : leaving_[i]) {
      if (histories_[i].names(session)) {
        world_.report_violation("P6", semaphore_lock(i) + " still names " + session);
      }
      if (histories_[i].present(session)) {
        world_.report_violation("P6", "the contender key of " + session + " is left in " +
                                          semaphore_prefix(i));
      }
    }
  }
}

}  // namespace tenure::sim
