#include "sim/slot_truth.hpp"

#include <algorithm>
#include <tenure/toolkit/base64.hpp>

#include "consul/documents.hpp"
#include "sim/semaphore_settings.hpp"
#include "sim/text_scan.hpp"

namespace tenure::sim {

bool slot_history::any_within(const instants& when, time_point from, time_point to) {
  return std::ranges::any_of(when, [&](time_point at) { return at >= from && at <= to; });
}

void slot_history::note_lost(const std::string& session, bool held_before, time_point now) {
  if (held_before && !held(session)) last_held_[session] = now;
}

void slot_history::lock_changed(const key_change& change, std::uint64_t life, time_point now) {
  const std::set<std::string> before = std::exchange(named_, {});
  const bool recreated = change.before && change.after &&
                         change.before->create_index != change.after->create_index;
  const std::uint64_t rank = change.after ? life + change.after->modify_index : newest_;
  const bool restored = rank < newest_;
  newest_ = std::max(newest_, rank);
  const bool overwritten = change.after && !recreated;
  good_ = true;
  lock_index_ = change.after ? change.after->modify_index : 0;
  if (change.after) {
    auto document = consul::parse_semaphore(change.after->value);
    good_ = document && change.after->flags == consul::semaphore_flags;
    if (good_) named_ = std::move(document->holders);
  }
  just_unnamed_.clear();
  for (const std::string& session : before) {
    // A snapshot from before its slot may name it for an earlier one.
    const bool older = restored && namings_[session].rbegin()->first > lock_index_;
    if (older && named_.contains(session)) unnamed_[session].push_back(now);
    if (named_.contains(session)) continue;
    just_unnamed_.insert(session);
    const bool excuses = !is_process(change.by) && change.by != agent_restart;
    if (excuses) unnamed_[session].push_back(now);
    if (excuses && overwritten) overwritten_[session].push_back(now);
    note_lost(session, enrolled_.contains(session), now);
  }
  for (const std::string& session : named_) {
    if (before.contains(session)) continue;
    // A restored snapshot names it at the old index: the first time counts.
    std::map<std::uint64_t, naming>& known = namings_[session];
    if (!restored) known.try_emplace(lock_index_, naming{now, rank, now});
    const auto later = known.upper_bound(lock_index_);
    if (later != known.begin()) std::prev(later)->second.again = now;
  }
}

void slot_history::contender_changed(const key_change& change, const std::string& session,
                                     time_point now) {
  const bool held_before = held(session);
  if (change.after) {
    present_.insert(session);
  } else {
    present_.erase(session);
  }
  if (change.after && change.after->session == session) {
    enrolled_.insert(session);
  } else if (enrolled_.erase(session) != 0) {
    unlocked_[session].push_back(now);
    note_lost(session, held_before, now);
  }
}

time_point slot_history::last_held(const std::string& session) const {
  if (held(session)) return time_point::max();
  const auto found = last_held_.find(session);
  return found != last_held_.end() ? found->second : time_point::min();
}

time_point slot_history::named_at(const std::string& session, std::uint64_t index) const {
  const auto found = namings_.find(session);
  if (found == namings_.end()) return time_point::min();
  const auto at = found->second.find(index);
  return at != found->second.end() ? at->second.at : time_point::min();
}

time_point slot_history::named_again_at(const std::string& session, std::uint64_t index) const {
  const auto found = namings_.find(session);
  if (found == namings_.end()) return time_point::min();
  const auto at = found->second.find(index);
  return at != found->second.end() ? at->second.again : time_point::min();
}

std::uint64_t slot_history::rank_of(const std::string& session, std::uint64_t index) const {
  const auto found = namings_.find(session);
  if (found == namings_.end()) return 0;
  const auto at = found->second.find(index);
  return at != found->second.end() ? at->second.rank : 0;
}

bool slot_history::overwritten_within(const std::string& session, time_point from,
                                      time_point to) const {
  const auto found = overwritten_.find(session);
  return found != overwritten_.end() && any_within(found->second, from, to);
}

bool slot_history::unnamed_by_operators(const std::string& session, time_point from,
                                        time_point to) const {
  const auto found = unnamed_.find(session);
  return found != unnamed_.end() && any_within(found->second, from, to);
}

bool slot_history::unlocked_within(const std::string& session, time_point from,
                                   time_point to) const {
  const auto found = unlocked_.find(session);
  return found != unlocked_.end() && any_within(found->second, from, to);
}

void seen_slots::received(const inflight_request& read, time_point now) {
  if (read.request.method != "GET" || read.response->status != 200) return;
  const auto semaphore = semaphore_of(key_of(read.request));
  if (!semaphore) return;
  std::string_view body = read.response->body;
  const std::string name = "\"Key\":\"" + semaphore_lock(*semaphore) + "\"";
  const auto at = body.find(name);
  if (at == body.npos) return;
  // The strings of an entry have no braces.
  const auto begin = body.rfind('{', at);
  const std::string_view entry = body.substr(begin, body.find('}', at) - begin);
  constexpr std::string_view value_mark = "\"Value\":\"";
  const auto value_at = entry.find(value_mark);
  if (value_at == entry.npos) return;
  const auto from = value_at + value_mark.size();
  auto value = text::base64_decode(entry.substr(from, entry.find('"', from) - from));
  if (!value) return;
  const auto document = consul::parse_semaphore(std::move(*value));
  if (!document) return;
  const std::uint64_t index = number_after(entry, "\"ModifyIndex\":");
  auto& seen = seen_[{read.by, *semaphore}];
  for (const std::string& session : document->holders) {
    seen[session].emplace(index, sighting{read.shows_state_of, now});
  }
}

bool seen_slots::saw_named(actor who, std::size_t semaphore, const std::string& session,
                           std::uint64_t fence, time_point since, time_point limit) const {
  const auto contender = seen_.find({who, semaphore});
  if (contender == seen_.end()) return false;
  const auto found = contender->second.find(session);
  if (found == contender->second.end()) return false;
  const sightings& all = found->second;
  return std::any_of(all.lower_bound(fence), all.end(),
                     [&](const auto& s) {
                       return s.second.state_of >= since && s.second.received <= limit;
                     });
}

}  // namespace tenure::sim
