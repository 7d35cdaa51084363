#include "sim/safety_checker.hpp"

#include <algorithm>
#include <utility>

#include "core/lease/lease_rules.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

// The usual time of a claim from its sender to the server.
constexpr duration claim_travel = 50ms;

}  // namespace

safety_checker::safety_checker(world& its_world, const scenario& its_scenario,
                               ground_truth& truth)
    : world_(its_world), scenario_(its_scenario), truth_(truth) {
  truth_.changed = [this](const key_change& change) { key_changed(change); };
}

void safety_checker::response_received(const inflight_request& sent) {
  if (sent.kind == request_kind::transaction && sent.response->status == 409) {
    const std::string& why = sent.response->body;
    const auto says = [&why](const char* text) { return why.find(text) != std::string::npos; };
    world_.probes.hit(says("lock delay")        ? "write refused: lock-delay"
                      : says("invalid session") ? "write refused: the session is dead"
                                                : "write refused: its guard is outdated");
  }
  observed_.received(sent);
  slots_.response_received(sent);
}

// -- terms ---------------------------------------------------------------------------------------

std::shared_ptr<tracked_term> safety_checker::term_began(tenure::term t, const host& h, actor who,
                                                         duration span) {
  auto began = std::make_shared<tracked_term>(std::move(t), h, who, span);
  began->begun = world_.now();
  ++terms_;
  const std::string& key = began->term.key();
  world_.note(h.name(), "leads", key, began->term.fence());
  if (began->term.valid_until() == time_point::min()) {
    began->closed = true;  // over before user code learned of it
    return began;
  }
  const holding* won = truth_.of(key).find(began->term.session(), began->term.fence());
  began->rank = won != nullptr ? won->rank : truth_.rank_of(began->term.fence());
  check_fence(*began);
  auto& newest = newest_[key];
  if (!newest || began->rank > newest->rank) newest = began;
  began->until = began->term.valid_until();
  began->lease_end = h.clock()->to_true(began->until);
  check_proof(*began);
  check_predecessor(*began);
  check_overlap(*began);
  began->working = true;
  by_key_[key].push_back(began);
  by_process_[who].push_back(began);
  return began;
}

void safety_checker::check_fence(tracked_term& t) {
  const auto& newest = newest_[t.term.key()];
  if (!newest || t.rank > newest->rank) return;
  // A successor without a reason to wait may begin before its predecessor does.
  const std::string why =
      t.rank < newest->rank ? no_protection(t, *newest) : std::string();
  if (why.empty()) {
    world_.report_violation("S2",
                            t.name() + " leads " + t.term.key() + " after " + newest->name());
  } else {
    t.overtaken = why;
    world_.probes.hit("begun after its successor, only the fence protects: " + why);
  }
}

void safety_checker::check_overlap(tracked_term& beginner) {
  const std::string& key = beginner.term.key();
  for (const auto& other : by_key_[key]) {
    if (other.get() == &beginner) continue;
    const bool in_order = other->rank < beginner.rank;
    tracked_term& older = in_order ? *other : beginner;
    const tracked_term& newer = in_order ? beginner : *other;
    // Work that should have stopped by now counts as well, unless it is excused.
    const bool leads = other->lease_open(world_.now());
    const bool works = other->working && !other->excused && other->by != beginner.by;
    if (!leads && !works) continue;
    const std::string why =
        older.overtaken.empty() ? no_protection(older, newer) : older.overtaken;
    if (!why.empty()) {
      older.overtaken = why;
      world_.probes.hit("two leaders, only the fence protects: " + why);
      world_.note("checker", "fence only", why, older.term.fence(), newer.term.fence());
    } else if (leads) {
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(other->lease_end -
                                                                              world_.now());
      world_.report_violation("S1", "two leases for " + key + ": " + other->name() +
                                        " for another " + std::to_string(left.count()) +
                                        " us, and " + beginner.name());
    } else {
      world_.report_violation("S4", other->name() + " still works for " + key + " when " +
                                        beginner.name() + " begins");
    }
  }
}

// A term that began by a hand-over waits for no lease: that of its predecessor, at least, is over
// for certain, whatever the clocks and spans are.
void safety_checker::check_predecessor(const tracked_term& beginner) {
  const key_timeline& k = truth_.of(beginner.term.key());
  const holding* own = k.find(beginner.term.session(), beginner.term.fence());
  if (own == nullptr || !own->handed_over) return;
  world_.probes.hit(proof_sent(beginner) < own->won
                        ? "term began by hand-over, proven by the poll that showed it"
                        : "term began by hand-over, proven by a later request");
  const holding* giver = k.before(*own);
  for (const auto& t : by_key_[beginner.term.key()]) {
    if (t->term.session() != giver->session || t->term.fence() != giver->fence) continue;
    if (!t->working && !t->lease_open(world_.now())) continue;
    world_.report_violation("S7", beginner.name() + " begins by hand-over while " + t->name() +
                                      (t->working ? " works" : " leads"));
  }
}

std::string safety_checker::no_protection(const tracked_term& older,
                                          const tracked_term& newer) const {
  const auto rate = [](const tracked_term& t) { return std::abs(t.host.clock()->rate_ppm()); };
  if (rate(older) > max_rate_ppm || rate(newer) > max_rate_ppm) {
    return "a clock beyond the allowed drift";
  }
  if (older.span > newer.span) return "the newer leader's span is shorter";
  const std::string& key = newer.term.key();
  const key_timeline& k = truth_.of(key);
  time_point older_won = time_point::min();
  time_point newer_won = time_point::max();
  actor newcomer = newer.by;
  const holding* claimed = k.find(newer.term.session(), newer.term.fence());
  if (claimed != nullptr && claimed->handed_over) {
    // The first of those that handed it over had to wait for older leases; there is no wait among
    // them.
    while (claimed->handed_over) claimed = k.before(*claimed);
    if (claimed->rank > older.rank) {
      newcomer = claimed->by;
      newer_won = claimed->won;
      if (scenario_.drift_ppm > max_rate_ppm) return "a clock beyond the allowed drift";
      if (scenario_.mixed_spans) return "the newer leader's span is shorter";
    }
  }
  for (const holding& h : k.holdings) {
    if (h.rank == older.rank) older_won = h.won;
    if (h.rank == newer.rank) newer_won = std::min(newer_won, h.won);
    const bool between = h.rank > older.rank && h.rank < newer.rank;
    if (between && !is_process(h.by)) return "a foreign leader in between";
  }
  if (auto why = unseen_by(newcomer, older, older_won, newer_won); !why.empty()) return why;
  // A candidate that gives up such a key releases it cleanly, also before its term begins.
  for (const holding& h : k.holdings) {
    if (h.rank <= older.rank || h.rank >= newer.rank) continue;
    if (!unseen_by(h.by, older, older_won, h.won).empty()) return "released by a newcomer";
  }
  return {};
}

/// Why a candidate that won the key then could not know of the older holder.
std::string safety_checker::unseen_by(actor who, const tracked_term& older, time_point older_won,
                                      time_point won) const {
  const std::string& key = older.term.key();
  const key_timeline& k = truth_.of(key);
  const auto within = [&](time_point at) { return at >= older_won && at <= won; };
  // A response that arrives after the claim was sent is too late for it.
  if (observed_.saw_held(who, key, older.term.fence(), won - claim_travel)) return {};
  // Of candidates whose sessions delete their keys the design protects newcomers, too.
  const bool missing_is_clean = scenario_.behavior == session_behavior::release;
  if (missing_is_clean && std::any_of(k.erased.begin(), k.erased.end(), within)) {
    return "deleted before the newcomer saw it held";
  }
  if (std::any_of(k.emptied.begin(), k.emptied.end(), within)) {
    return "emptied before the newcomer saw it held";
  }
  return {};
}

/// From the end of the lease back to the sending of the proof that it counts from.
time_point safety_checker::proof_sent(const tracked_term& t) {
  const time_point local_sent = t.term.valid_until() - t.span + t.span / core::drift_parts +
                                core::lease_rules::margin_of(t.span);
  return t.host.clock()->to_true(local_sent);
}

void safety_checker::check_proof(const tracked_term& t) {
  const time_point sent = proof_sent(t);
  const holding* h = truth_.of(t.term.key()).find(t.term.session(), t.term.fence());
  if (h == nullptr) {
    world_.report_violation("S3",
                            t.name() + " leads " + t.term.key() + ", which it never won");
  } else if (h->lost == time_point::max() && world_.now() == t.begun && !h->handed_over &&
             t.begun - h->won > 200ms) {
    world_.probes.hit("quarantine waited");
  } else if (h->lost < sent) {
    world_.report_violation("S3", t.name() + " counts a proof for " + t.term.key() +
                                      " that was sent after the key was lost");
  }
}

void safety_checker::close(tracked_term& t) {
  if (std::exchange(t.closed, true)) return;
  world_.note(t.host.name(), "led", to_string(t.term.reason()), t.term.fence());
  world_.probes.hit("term ended: " + std::string(to_string(t.term.reason())));
}

void safety_checker::process_stepped(actor who) {
  slots_.process_stepped(who);
  const auto found = by_process_.find(who);
  if (found == by_process_.end()) return;
  bool any_over = false;
  for (const auto& t : found->second) {
    if (t->closed) {
      any_over = any_over || !t->working;
      continue;
    }
    const time_point until = t->term.valid_until();
    if (t->term.reason() != end_reason::none || until == time_point::min()) {
      if (t->term.reason() != end_reason::none) close(*t);
      t->lease_end = std::min(t->lease_end, world_.now());
      continue;
    }
    if (until == t->until) continue;
    t->until = until;
    const time_point end = t->host.clock()->to_true(until);
    const bool was_over = world_.now() >= t->lease_end;
    t->lease_end = end;
    check_proof(*t);
    if (was_over) {
      world_.report_violation("S1", t->name() + " extends a lease that has ended");
    }
  }
  if (any_over) {
    std::erase_if(found->second, [](const auto& t) { return t->closed && !t->working; });
  }
}

void safety_checker::body_ended(tracked_term& t) {
  t.working = false;
  world_.note(t.host.name(), "stopped work", t.term.key(), t.term.fence());
  process_stepped(t.by);
  std::erase_if(by_key_[t.term.key()], [this](const auto& other) {
    return !other->working && !other->lease_open(world_.now());
  });
}

void safety_checker::process_paused(actor who) {
  slots_.process_paused(who);
  for (const auto& t : by_process_[who]) t->excused = true;
}

void safety_checker::process_died(actor who) {
  slots_.process_died(who);
  for (const auto& t : by_process_[who]) {
    t->closed = true;
    t->working = false;
  }
  by_process_.erase(who);
  for (auto& [key, terms] : by_key_) {
    std::erase_if(terms, [who](const auto& t) { return t->by == who; });
  }
}

std::size_t safety_checker::open_leases(const std::string& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return 0;
  return static_cast<std::size_t>(
      std::count_if(found->second.begin(), found->second.end(),
                    [this](const auto& t) { return t->lease_open(world_.now()); }));
}

bool safety_checker::leads(const std::string& key, std::uint64_t fence) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const auto& t) {
    return t->term.fence() == fence && t->lease_open(world_.now());
  });
}

}  // namespace tenure::sim
