#include "sidecar/board.hpp"

#include <unistd.h>

#include <cstdio>

#include "sidecar/wall_time.hpp"
#include "text/json_writer.hpp"

namespace tenure::sidecar {
namespace {

using std::chrono::system_clock;

std::int64_t milliseconds(system_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

std::int64_t milliseconds(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// Of this process, among all that ever ran here and elsewhere, as far as an event id goes.
const std::string& process_id() {
  static const std::string id = [] {
    char text[48];
    std::snprintf(text, sizeof text, "%llx.%lx",
                  static_cast<unsigned long long>(
                      system_clock::now().time_since_epoch().count()),
                  static_cast<unsigned long>(::getpid()));
    return std::string(text);
  }();
  return id;
}

std::string body_of(const std::string& name, system_clock::time_point when) {
  text::json_writer json;
  json.begin_object().key("name").value(name).key("last_update").value(rfc3339(when));
  return json.end_object().take();
}

bool leads(const status& s) {
  return s.standing == standing::leading && s.term.reason() == end_reason::none;
}

}  // namespace

std::string board_entry::leader_now() const {
  const status& s = election.now();
  if (leads(s)) {
    // Our own word, not that of the state last heard of: a process that was stopped has not
    // heard of the end of its lease yet.
    if (boot_clock::now() >= s.term.stop_at()) return "";
    return s.leader.session == s.term.session() ? s.leader.value : terms.how.value();
  }
  if (!s.leader.present()) return "";
  // It holds the key and our name: we, before or after our term, or whoever was here before us.
  if (s.leader.value == terms.how.value()) return "";
  if (s.term && s.leader.session == s.term.session()) return "";
  return s.leader.value;
}

std::string board_entry::body() const {
  if (!known) return "{}";
  const std::string name = leader_now();
  return body_of(name, name == name_ ? last_update_ : system_clock::now());
}

std::shared_ptr<const std::string> board_entry::frame() const {
  if (!known || leader_now() == name_) return frame_;
  return std::make_shared<const std::string>("data: " + body() + "\n\n");
}

void board_entry::render() {
  const std::string text = known ? body_of(name_, last_update_) : "{}";
  frame_ = std::make_shared<const std::string>("data: " + text + "\n\n");
}

std::string board_entry::id() const { return process_id() + '.' + std::to_string(version); }

std::shared_ptr<const std::string> board_entry::frame_with_id() const {
  return std::make_shared<const std::string>("id: " + id() + '\n' + *frame());
}

std::optional<duration> board_entry::lease() const {
  const status& s = election.now();
  if (!leads(s)) return std::nullopt;
  const time_point until = s.term.valid_until();
  const time_point now = boot_clock::now();
  return until > now ? until - now : duration(0);
}

board_entry& board::add(standing_election& e, const election_terms& terms) {
  entries_.push_back(std::make_unique<board_entry>(e, terms));
  board_entry& made = *entries_.back();
  made.index = entries_.size() - 1;
  made.render();
  by_name_.emplace(terms.name, &made);
  return made;
}

board_entry* board::find(std::string_view name) {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : found->second;
}

bool board::update(board_entry& e) {
  const status& now = e.election.now();
  count(e, now);
  note_spell(e, now);
  const bool first = !e.known && (leads(now) || !now.leader.key.empty());
  const std::string name = e.leader_now();
  if (!first && (!e.known || name == e.name_)) return false;
  if (first) ++known_;
  e.known = true;
  e.name_ = name;
  e.last_update_ = system_clock::now();
  ++e.version;
  e.render();
  return true;
}

// Our own terms: what the elector counts.
void board::count(board_entry& e, const status& now) {
  const auto counted = our_terms_.find(&e);
  if (counted != our_terms_.end() && counted->second.reason() != end_reason::none) {
    ++sums_.lost;
    ++sums_.ended[static_cast<std::size_t>(counted->second.reason())];
    our_terms_.erase(counted);
  }
  if (leads(now) && our_terms_.emplace(&e, now.term).second) ++sums_.won;
}

void board::note_spell(board_entry& e, const status& now) {
  const bool ours = leads(now);
  // Another holds the key, as far as can be seen from here; or we do, and our term has begun.
  const bool theirs = !ours && now.leader.present() &&
                      now.leader.session != e.election.handle().session();
  const std::string& value =
      ours && now.leader.session != now.term.session() ? e.terms.how.value() : now.leader.value;
  const std::uint64_t fence = ours ? now.term.fence() : now.leader.fence;
  spell* const last = e.spells.empty() || e.spells.back().until ? nullptr : &e.spells.back();
  const bool same = last != nullptr && last->ours == ours && last->value == value &&
                    (ours || theirs) && (!ours || last->fence == fence);
  if (same) return;
  const auto at = system_clock::now();
  if (last != nullptr) {
    last->until = at;
    if (last->ours) last->why = now.term ? now.term.reason() : now.last_end;
  }
  if (!ours && !theirs) return;
  ++e.leader_changes;
  ++sums_.leader_changes;
  spell next;
  next.value = value;
  next.fence = fence;
  next.ours = ours;
  next.since = at;
  e.spells.push_back(std::move(next));
  if (e.spells.size() > most_spells) e.spells.pop_front();
}

std::string detail_json(const board_entry& e, std::size_t spells) {
  const status& s = e.election.now();
  text::json_writer json;
  json.begin_object().key("election").value(e.terms.name).key("key").value(e.terms.key);
  json.key("standing").value(to_string(s.standing)).key("name").value(e.leader_now());
  json.key("leading").value(leads(s));
  json.key("known").value(e.known);
  json.key("holder").value(s.leader.value).key("session").value(s.leader.session);
  json.key("fence").value(leads(s) ? s.term.fence() : s.leader.fence);
  json.key("since_ms").value(s.leader.present() ? milliseconds(s.since) : std::int64_t{0});
  json.key("lease_ms");
  if (const auto lease = e.lease()) {
    json.value(milliseconds(*lease));
  } else {
    json.null();
  }
  json.key("span_ms").value(milliseconds(e.terms.how.span()));
  json.key("last_end").value(to_string(s.last_end)).key("changes").value(e.leader_changes);
  json.key("terms").begin_array();
  const std::size_t skip = e.spells.size() > spells ? e.spells.size() - spells : 0;
  for (std::size_t i = skip; i < e.spells.size(); ++i) {
    const spell& x = e.spells[i];
    json.begin_object().key("name").value(x.value).key("fence").value(x.fence);
    json.key("ours").value(x.ours).key("since_ms").value(milliseconds(x.since)).key("until_ms");
    if (x.until) {
      json.value(milliseconds(*x.until));
    } else {
      json.null();
    }
    json.key("why").value(to_string(x.why)).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

}  // namespace tenure::sidecar
