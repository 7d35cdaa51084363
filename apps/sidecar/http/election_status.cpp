#include "sidecar/http/election_status.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <tenure/toolkit/json_writer.hpp>
#include <utility>

#include "common/log/wall_time.hpp"

namespace tenure::sidecar {
namespace {

using std::chrono::system_clock;

std::int64_t milliseconds(system_clock::time_point t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

std::int64_t milliseconds(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// Identifies this process among all that ever served this address.
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

std::string leader_json(const std::string& name, system_clock::time_point last_update) {
  text::json_writer json;
  json.begin_object().key("name").value(name).key("last_update").value(apps::rfc3339(last_update));
  return json.end_object().take();
}

/// A UTF-8 character is not cut in two.
std::string_view cut(std::string_view value, std::size_t bytes) {
  if (value.size() <= bytes) return value;
  const auto inside = [&] { return (static_cast<unsigned char>(value[bytes]) & 0xc0) == 0x80; };
  while (bytes > 0 && inside()) --bytes;
  return value.substr(0, bytes);
}

template <class Time>
void write_time(text::json_writer& json, const std::optional<Time>& time) {
  if (time) {
    json.value(milliseconds(*time));
  } else {
    json.null();
  }
}

/// Until a pending term may begin. Otherwise starts_at says nothing.
std::optional<duration> time_to_start(const election_state& s) {
  if (s.standing != standing::pending) return std::nullopt;
  return std::max(duration(0), s.starts_at - boot_clock::now());
}

void write_failure(text::json_writer& json, const std::optional<consul_failure>& failure) {
  if (!failure) {
    json.null();
    return;
  }
  // A token without the right is refused, and Consul works.
  const bool refused = failure->why == error_kind::fatal;
  json.begin_object().key("refused").value(refused).key("text").value(failure->why.message());
  json.key("since_ms").value(milliseconds(failure->since)).end_object();
}

void write_terms(text::json_writer& json, const election_status& e, const detail_limits& limits) {
  json.begin_array();
  const auto& terms = e.terms();
  const std::size_t skip = terms.size() > limits.terms ? terms.size() - limits.terms : 0;
  for (std::size_t i = skip; i < terms.size(); ++i) {
    const observed_term& t = terms[i];
    json.begin_object().key("name").value(cut(t.value, limits.value_bytes));
    json.key("fence").value(t.fence).key("ours").value(t.ours);
    json.key("since_ms").value(milliseconds(t.since)).key("until_ms");
    write_time(json, t.until);
    json.key("why").value(to_string(t.why)).end_object();
  }
  json.end_array();
}

// As of the last event.
bool leads(const election_state& s) {
  return s.standing == standing::leading && s.term.reason() == end_reason::none;
}

}  // namespace

election_status::election_status(entered_election& e, election_options o, std::size_t index)
    : election(e), options(std::move(o)), index(index) {
  render();
}

// The clock decides, not the last event: a process that was stopped (SIGSTOP) past its lease has
// not yet received the event that ends its term.
bool election_status::leads_now() const {
  const election_state& s = election.state();
  return leads(s) && boot_clock::now() < s.term.stop_at() && !election.giving_up();
}

std::string election_status::leader_name() const {
  if (retired_) return "";
  const election_state& s = election.state();
  const std::string& ours = options.candidacy.value();
  if (leads_now()) return s.leader.session == s.term.session() ? s.leader.value : ours;
  if (!s.leader.present()) return "";
  // The key names us, but we do not lead: it is ours before or after our term, or belongs to a
  // predecessor on this host.
  if (s.leader.value == ours) return "";
  if (s.term && s.leader.session == s.term.session()) return "";
  return s.leader.value;
}

std::string_view election_status::key_state() const {
  const election_state& s = election.state();
  if (!known_) return "unknown";
  if (leads(s)) return leads_now() ? "led" : "stopping";
  if (s.standing == standing::pending) return "quarantine";
  if (!s.leader.present()) return "free";
  const std::string& holder = s.leader.session;
  const bool ours = holder == election.handle().session() || (s.term && holder == s.term.session());
  if (ours) return s.standing == standing::stopping ? "stopping" : "claimed";
  return s.leader.value == options.candidacy.value() ? "namesake" : "led";
}

std::string election_status::json() const {
  if (!known_) return "{}";
  const std::string name = leader_name();
  return leader_json(name, name == name_ ? last_update_ : system_clock::now());
}

std::shared_ptr<const std::string> election_status::sse_frame() const {
  if (!known_ || leader_name() == name_) return frame_;
  return std::make_shared<const std::string>("data: " + json() + "\n\n");
}

void election_status::render() {
  const std::string text = known_ ? leader_json(name_, last_update_) : "{}";
  frame_ = std::make_shared<const std::string>("data: " + text + "\n\n");
}

std::string election_status::event_id() const {
  return process_id() + '.' + std::to_string(version_);
}

std::shared_ptr<const std::string> election_status::sse_frame_with_id() const {
  return std::make_shared<const std::string>("id: " + event_id() + '\n' + *sse_frame());
}

std::optional<duration> election_status::remaining_lease() const {
  const election_state& s = election.state();
  if (!leads(s)) return std::nullopt;
  const duration left = s.term.valid_until() - boot_clock::now();
  return left > duration(0) ? std::optional(left) : std::nullopt;
}

bool election_status::update() {
  const election_state& now = election.state();
  const bool first = !known_ && (leads(now) || !now.leader.key.empty());
  std::string name = leader_name();
  if (!first && (!known_ || name == name_)) return false;
  known_ = true;
  name_ = std::move(name);
  last_update_ = system_clock::now();
  ++version_;
  render();
  return true;
}

bool election_status::update_failure() {
  const error_code now = election.handle().last_error();
  if (now == (failure_ ? failure_->why : error_code())) return false;
  if (!now) {
    failure_.reset();
  } else if (failure_) {
    failure_->why = now;  // another symptom of the same outage
  } else {
    failure_ = consul_failure{.why = now, .since = system_clock::now()};
  }
  return true;
}

void election_status::retire() {
  retired_ = true;
  if (!name_.empty()) last_update_ = std::chrono::system_clock::now();
  name_.clear();
  ++version_;
  render();
}

void election_status::update_terms() {
  const election_state& now = election.state();
  const bool ours = leads(now);
  const bool theirs =
      !ours && now.leader.present() && now.leader.session != election.handle().session();
  // Our term may begin before the watch reports our own write of the key.
  const std::string& value = ours && now.leader.session != now.term.session()
                                 ? options.candidacy.value()
                                 : now.leader.value;
  const std::uint64_t fence = ours ? now.term.fence() : now.leader.fence;
  observed_term* const last = terms_.empty() || terms_.back().until ? nullptr : &terms_.back();
  const bool same = last != nullptr && last->ours == ours && last->value == value &&
                    (ours || theirs) && (!ours || last->fence == fence);
  if (same) return;
  const auto at = system_clock::now();
  if (last != nullptr) {
    last->until = at;
    if (last->ours) last->why = now.term ? now.term.reason() : now.last_end;
  }
  if (!ours && !theirs) return;
  ++leader_changes_;
  terms_.push_back({.value = value, .fence = fence, .ours = ours, .since = at});
  if (terms_.size() > max_terms) terms_.pop_front();
}

std::string detail_json(const election_status& e, detail_limits limits) {
  const election_state& s = e.election.state();
  text::json_writer json;
  json.begin_object().key("election").value(e.options.name).key("key").value(e.options.key);
  json.key("group");
  if (e.options.group) {
    json.value(e.options.group->prefix);
  } else {
    json.null();
  }
  json.key("standing").value(to_string(s.standing)).key("state").value(e.key_state());
  json.key("name").value(cut(e.leader_name(), limits.value_bytes));
  json.key("leading").value(e.leads_now());
  json.key("known").value(e.known());
  json.key("holder").value(cut(s.leader.value, limits.value_bytes));
  json.key("holder_bytes").value(std::uint64_t{s.leader.value.size()});
  json.key("session").value(s.leader.session);
  json.key("fence").value(leads(s) ? s.term.fence() : s.leader.fence);
  json.key("since_ms").value(e.known() ? milliseconds(s.since) : std::int64_t{0});
  json.key("lease_ms");
  write_time(json, e.remaining_lease());
  json.key("span_ms").value(milliseconds(e.options.candidacy.span()));
  json.key("starts_in_ms");
  write_time(json, time_to_start(s));
  json.key("failure");
  write_failure(json, e.failure());
  json.key("last_end").value(to_string(s.last_end)).key("changes").value(e.leader_changes());
  json.key("terms");
  write_terms(json, e, limits);
  return json.end_object().take();
}

}  // namespace tenure::sidecar
