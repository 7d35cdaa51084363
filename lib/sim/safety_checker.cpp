#include "sim/safety_checker.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/lease/lease_rules.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

std::uint64_t number_after(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  std::uint64_t value = 0;
  if (at == text.npos) return 0;
  std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), value);
  return value;
}

std::string name_of(const tracked_term& c) {
  return "p" + std::to_string(c.by) + " (fence " + std::to_string(c.term.fence()) + ")";
}

}  // namespace

safety_checker::safety_checker(world& its_world, const scenario& its_scenario, ground_truth& what_is)
    : world_(its_world), scenario_(its_scenario), truth_(what_is) {
  truth_.changed = [this](const key_change& what) { changed(what); };
}

// -- terms ---------------------------------------------------------------------------------------

bool safety_checker::open(const tracked_term& c) const {
  return !c.closed && c.term.reason() == end_reason::none && world_.now() < c.lease_end;
}

std::shared_ptr<tracked_term> safety_checker::term_began(tenure::term t, const host& m, actor who,
                                             duration span) {
  auto c = std::make_shared<tracked_term>(std::move(t), m, who, span);
  c->begun = world_.now();
  ++terms_;
  const std::string& key = c->term.key();
  world_.note(m.name(), "leads", key, c->term.fence());
  if (c->term.valid_until() == time_point::min()) {
    c->closed = true;  // over before anybody heard of it
    return c;
  }
  check_fence(*c);
  auto& newest = newest_[key];
  if (!newest || c->term.fence() > newest->term.fence()) newest = c;
  c->until = c->term.valid_until();
  c->lease_end = m.clock()->to_true(c->until);
  check_proof(*c);
  check_overlap(*c);
  c->working = true;
  by_key_[key].push_back(c);
  by_process_[who].push_back(c);
  return c;
}

void safety_checker::check_fence(const tracked_term& c) {
  const auto& newest = newest_[c.term.key()];
  if (!newest || c.term.fence() > newest->term.fence()) return;
  // A successor that nothing kept waiting may have begun before the one whose place it took.
  const std::string why =
      c.term.fence() < newest->term.fence() ? no_protection(c, *newest) : std::string();
  if (why.empty()) {
    world_.report_violation("S2", name_of(c) + " leads " + c.term.key() + " after " + name_of(*newest));
  } else {
    world_.probes.hit("begun after its successor, only the fence protects: " + why);
  }
}

void safety_checker::check_overlap(tracked_term& beginner) {
  const std::string& key = beginner.term.key();
  for (const auto& other : by_key_[key]) {
    if (other.get() == &beginner) continue;
    const bool in_order = other->term.fence() < beginner.term.fence();
    tracked_term& older = in_order ? *other : beginner;
    const tracked_term& newer = in_order ? beginner : *other;
    // Work that should have stopped by now counts as well, but for those who are known to be late.
    const bool leads = open(*other);
    const bool works = other->working && !other->excused && other->by != beginner.by;
    if (!leads && !works) continue;
    const std::string why =
        older.overtaken.empty() ? no_protection(older, newer) : older.overtaken;
    if (!why.empty()) {
      older.overtaken = why;
      world_.probes.hit("two leaders, only the fence protects: " + why);
      world_.note("judge", "fence only", why, older.term.fence(), newer.term.fence());
    } else if (leads) {
      const auto left = std::chrono::duration_cast<std::chrono::microseconds>(other->lease_end -
                                                                              world_.now());
      world_.report_violation("S1", "two leases for " + key + ": " + name_of(*other) + " for another " +
                             std::to_string(left.count()) + " us, and " + name_of(beginner));
    } else {
      world_.report_violation("S4", name_of(*other) + " still works for " + key + " when " +
                             name_of(beginner) + " begins");
    }
  }
}

// Of a request to the server, as a rule.
constexpr duration longest_way = std::chrono::milliseconds(50);

std::string safety_checker::no_protection(const tracked_term& older, const tracked_term& newer) const {
  const auto ppm = [](const tracked_term& c) { return std::abs(c.where.clock()->rate_ppm()); };
  if (ppm(older) > 5'000 || ppm(newer) > 5'000) return "a clock beyond the allowed drift";
  if (older.span > newer.span) return "the newer leader's span is shorter";
  const std::string& key = newer.term.key();
  const key_timeline& k = truth_.of(key);
  time_point older_won = time_point::min();
  time_point newer_won = time_point::max();
  for (const holding& s : k.holdings) {
    if (s.fence == older.term.fence()) older_won = s.won;
    if (s.fence == newer.term.fence()) newer_won = s.won;
    const bool between = s.fence > older.term.fence() && s.fence < newer.term.fence();
    if (between && !is_process(s.by)) return "a foreign leader in between";
  }
  const auto within = [&](time_point at) { return at >= older_won && at <= newer_won; };
  bool unseen = true;
  if (const auto all = sights_.find(newer.by); all != sights_.end()) {
    const auto place = all->second.find(key);
    // What arrives when the claim is on its way already comes too late for it.
    unseen = place == all->second.end() || place->second.held < older.term.fence() ||
             place->second.first_held_at > newer_won - longest_way;
  }
  if (unseen && std::any_of(k.erased.begin(), k.erased.end(), within)) {
    return "deleted before the newcomer saw it held";
  }
  if (unseen && std::any_of(k.emptied.begin(), k.emptied.end(), within)) {
    return "emptied before the newcomer saw it held";
  }
  return {};
}

void safety_checker::check_proof(const tracked_term& c) {
  // Back from the lease's end to the sending of the proof that it was counted from.
  const time_point local_sent = c.term.valid_until() - c.span + c.span / core::drift_parts +
                                core::lease_rules::margin_of(c.span);
  const time_point sent = c.where.clock()->to_true(local_sent);
  const holding* s = truth_.of(c.term.key()).find(c.term.session(), c.term.fence());
  if (s == nullptr) {
    world_.report_violation("S3", name_of(c) + " leads " + c.term.key() + ", which it never won");
  } else if (s->lost == time_point::max() && world_.now() == c.begun &&
             c.begun - s->won > std::chrono::milliseconds(200)) {
    world_.probes.hit("quarantine waited");
  } else if (s->lost < sent) {
    world_.report_violation("S3", name_of(c) + " counts a proof for " + c.term.key() +
                           " that was sent after the key was lost");
  }
}

void safety_checker::close(tracked_term& c) {
  if (std::exchange(c.closed, true)) return;
  world_.note(c.where.name(), "led", to_string(c.term.reason()), c.term.fence());
  world_.probes.hit("term ended: " + std::string(to_string(c.term.reason())));
}

void safety_checker::look(actor who) {
  const auto found = by_process_.find(who);
  if (found == by_process_.end()) return;
  bool any_over = false;
  for (const auto& c : found->second) {
    if (c->closed) {
      any_over = any_over || !c->working;
      continue;
    }
    const time_point until = c->term.valid_until();
    if (c->term.reason() != end_reason::none || until == time_point::min()) {
      if (c->term.reason() != end_reason::none) close(*c);
      c->lease_end = std::min(c->lease_end, world_.now());
      continue;
    }
    if (until == c->until) continue;
    c->until = until;
    const time_point end = c->where.clock()->to_true(until);
    const bool was_over = world_.now() >= c->lease_end;
    c->lease_end = end;
    check_proof(*c);
    if (was_over) world_.report_violation("S1", name_of(*c) + " revives a lease that was over");
  }
  if (any_over) {
    std::erase_if(found->second, [](const auto& c) { return c->closed && !c->working; });
  }
}

void safety_checker::body_ended(tracked_term& c) {
  c.working = false;
  world_.note(c.where.name(), "stopped work", c.term.key(), c.term.fence());
  look(c.by);
  auto& all = by_key_[c.term.key()];
  std::erase_if(all, [&](const auto& other) { return !other->working && !open(*other); });
}

void safety_checker::process_paused(actor who) {
  for (const auto& c : by_process_[who]) c->excused = true;
}

void safety_checker::process_died(actor who) {
  for (const auto& c : by_process_[who]) {
    c->closed = true;
    c->working = false;
  }
  by_process_.erase(who);
  for (auto& [key, all] : by_key_) {
    std::erase_if(all, [who](const auto& c) { return c->by == who; });
  }
}

std::size_t safety_checker::open_leases(const std::string& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return 0;
  return static_cast<std::size_t>(
      std::count_if(found->second.begin(), found->second.end(),
                    [this](const auto& c) { return open(*c); }));
}

// -- sights --------------------------------------------------------------------------------------

void safety_checker::election_entered(actor who, const std::string& key) { sights_[who][key] = sights(); }

void safety_checker::response_received(const inflight_request& f) {
  if (f.kind == request_kind::transaction && f.response->status == 409) {
    const std::string& why = f.response->body;
    const auto says = [&why](const char* text) { return why.find(text) != std::string::npos; };
    world_.probes.hit(says("lock delay")        ? "write refused: lock-delay"
                      : says("invalid session") ? "write refused: the session is dead"
                                                : "write refused: its guard is outdated");
  }
  if (key_of(f.request).empty() || f.response->status != 200) return;
  if (f.request.method != "GET") return;
  std::string_view body = f.response->body;
  // One key after the other: no text in them has braces.
  for (auto end = body.find('}'); end != body.npos; end = body.find('}')) {
    on_key_changed(f, body.substr(0, end));
    body.remove_prefix(end + 1);
  }
}

void safety_checker::on_key_changed(const inflight_request& f, std::string_view body) {
  const auto at = body.find("\"Session\":\"");
  const auto name = body.find("\"Key\":\"");
  if (at == body.npos || name == body.npos) return;
  const std::string_view holder = body.substr(at + 11, 36);
  const auto key_at = name + 7;
  const std::string_view key = body.substr(key_at, body.find('"', key_at) - key_at);
  auto& all = sights_[f.by];
  auto place = all.find(key);
  if (place == all.end()) place = all.emplace(std::string(key), sights()).first;
  // Most keys of a list are as they were.
  const std::uint64_t index = number_after(body, "\"ModifyIndex\":");
  if (std::exchange(place->second.looked_at, index) == index) return;
  // Its own hold tells it nothing of those before.
  const auto& holdings = truth_.of(std::string(key)).holdings;
  const auto own = [&](const holding& s) { return s.by == f.by && s.session == holder; };
  if (std::any_of(holdings.begin(), holdings.end(), own)) return;
  std::uint64_t& held = place->second.held;
  if (held == 0) place->second.first_held_at = world_.now();
  held = std::max(held, index);
}

// -- what the store shows ------------------------------------------------------------------------

void safety_checker::changed(const key_change& what) {
  if (what.key.starts_with("data/")) {
    data_written(what);
    return;
  }
  if (!is_process(what.by) || !what.after) return;
  const bool held_before = what.before && !what.before->session.empty();
  if (held_before && what.after->session.empty()) key_freed(what);
  if (!what.after->session.empty()) key_proclaimed(what);
}

void safety_checker::key_freed(const key_change& what) {
  if (!what.after->value.empty()) {
    world_.probes.hit("released, and a value left");
    return;
  }
  // A clean release: successors start at once.
  world_.probes.hit("released cleanly");
  for (const auto& c : by_key_[what.key]) {
    const bool own = c->term.session() == what.before->session;
    if (own && c->working && !c->excused) {
      world_.report_violation("S6", name_of(*c) + " releases " + what.key + " while its work runs");
    }
    if (!open(*c)) continue;
    if (!own) {
      const key_timeline& k = truth_.of(what.key);
      const bool foreign_between =
          std::any_of(k.holdings.begin(), k.holdings.end(), [&](const holding& s) {
            return s.fence > c->term.fence() && !is_process(s.by);
          });
      const bool gone = !k.erased.empty() || !k.emptied.empty() || foreign_between ||
                        scenario_.drift_ppm > 5'000 || scenario_.mixed_spans;
      if (!gone) {
        world_.report_violation("S6", what.key + " is released cleanly within the lease of " + name_of(*c));
      }
    } else if (c->term.fence() != truth_.of(what.key).holdings.back().fence || !c->closed) {
      world_.report_violation("S6", what.key + " is released under " + name_of(*c));
    }
  }
}

void safety_checker::key_proclaimed(const key_change& what) {
  const std::uint64_t of = number_after(what.after->value, " fence ");
  if (of == 0) return;
  const holding* now = truth_.of(what.key).current();
  if (now != nullptr && now->fence != of) {
    world_.report_violation("S6", "a proclaim of fence " + std::to_string(of) + " acts on " + what.key +
                           " under fence " + std::to_string(now->fence));
  }
}

void safety_checker::data_written(const key_change& what) {
  if (!what.after) return;
  const std::string election = what.key.substr(5);
  const std::uint64_t fence = number_after(what.after->value, "fence ");
  const std::uint64_t id = number_after(what.after->value, "write ");
  world_.note("store", "data", what.key, fence, id);
  const std::uint64_t before =
      what.before ? number_after(what.before->value, "fence ") : std::uint64_t{0};
  const holding* now = truth_.of(election).current();
  if (fence < before || now == nullptr || now->fence != fence) {
    world_.report_violation("S5", "a write of fence " + std::to_string(fence) + " lands in " + what.key +
                           " under fence " + std::to_string(now != nullptr ? now->fence : 0));
  }
  world_.probes.hit("guarded write");
  written& w = writes_[id];
  w.landed = true;
  check_write(id, w);
}

// -- writes --------------------------------------------------------------------------------------

std::uint64_t safety_checker::begin_write() {
  writes_[++last_write_];
  return last_write_;
}

void safety_checker::end_write(std::uint64_t id, write_result told) {
  written& w = writes_[id];
  w.told = true;
  w.result = told;
  if (told == write_result::done && !w.landed) {
    world_.report_violation("S5", "write " + std::to_string(id) + " is said to be done and never was");
  }
  if (told == write_result::unknown) world_.probes.hit("guarded write with unknown outcome");
  check_write(id, w);
}

void safety_checker::check_write(std::uint64_t id, const written& w) {
  if (w.landed && w.told && w.result == write_result::not_done) {
    world_.report_violation("S5", "write " + std::to_string(id) + " is said not to have happened, and did");
  }
}

std::string safety_checker::write_text(const tenure::term& t, std::uint64_t id) {
  return "fence " + std::to_string(t.fence()) + " write " + std::to_string(id);
}

void safety_checker::fenced_write(const tracked_term& c) {
  std::uint64_t& seen = fenced_[c.term.key()];
  if (c.term.fence() < seen) {
    world_.probes.hit("write refused by its fence");
    if (open(c) && !c.excused && c.overtaken.empty()) {
      world_.report_violation("S5", name_of(c) + " leads, and its fence is refused");
    }
    return;
  }
  seen = c.term.fence();
}

void safety_checker::final_check() {
  for (const auto& [id, w] : writes_) check_write(id, w);
}

}  // namespace tenure::sim
