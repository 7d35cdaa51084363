#include "core/semaphore/slots.hpp"

#include <algorithm>

#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

/// `.lock` was deleted since it was seen last. Contenders may have become holders before that, by a
/// change that was not seen, and their leases may run.
void slots::suspect_contenders(const semaphore_state& seen, time_point now,
                               suspicions& into) const {
  for (const std::string& session : seen.contenders) {
    if (seen.holders.contains(session)) continue;
    into.emplace(session, suspicion{.since = now, .lasting = true});
  }
}

/// `.lock` was deleted or has an older state again. The leases of the holders that were seen last
/// may run, though their keys are gone: a server that lost its data lost the keys as well, and a
/// restored snapshot may be older than they are.
void slots::suspect_last_holders(const semaphore_state& seen, time_point now,
                                 suspicions& into) const {
  for (const std::string& session : last_.holders) {
    if (seen.holders.contains(session)) continue;
    const auto known = suspects_.find(session);
    const bool was_dead = known != suspects_.end() && !seen.contenders.contains(session) &&
                          !last_.contenders.contains(session);
    suspicion old{.since = now, .limit = last_.limit};
    if (was_dead) old = known->second;
    old.lasting = true;
    into.insert_or_assign(session, old);
  }
}

/// The index went back. A linearizable answer to a request that was sent after the newer answer had
/// arrived is not older, unless the server lost its state. Any other may be older: a holder whose
/// name is missing in it may have a slot now, so its time must not count from then.
bool slots::outdated(const semaphore_state& seen) const noexcept {
  if (seen.index >= last_.index || bug_enabled(seeded_bug::slot_late_answer_counts)) return false;
  return !seen.linearizable || seen.sent_at <= last_at_;
}

/// A holder in an older answer has lost its slot before the last one, perhaps with its name only.
void slots::take_older(const semaphore_state& seen) {
  const bool deleted = seen.lock_created != last_.lock_created;
  for (const std::string& session : seen.holders) {
    if (last_.holders.contains(session)) continue;
    if (!deleted && !last_.contenders.contains(session)) continue;
    suspicion& old = suspects_[session];
    old.since = std::max(old.since, last_at_);
    old.lasting = old.lasting || deleted;
    if (old.limit == 0) old.limit = seen.limit;
  }
}

bool slots::observe(const semaphore_state& seen, time_point now) {
  highest_ = std::max(highest_, seen.lock_modified);
  if (outdated(seen)) {
    take_older(seen);
    return false;
  }
  suspicions suspects;
  const bool deleted = last_.lock_modified != 0 && seen.lock_created != last_.lock_created;
  const bool went_back = seen.lock_modified < last_.lock_modified;
  if (deleted) suspect_contenders(seen, now, suspects);
  const bool heeds = !bug_enabled(seeded_bug::slot_forgets_holders);
  if ((deleted || went_back) && heeds) suspect_last_holders(seen, now, suspects);
  // Who took a dead holder's name may not have waited until its lease was over.
  const auto was_dead = [&](const std::string& session) {
    return last_.holders.contains(session) && !last_.contenders.contains(session);
  };
  for (const auto& [session, old] : suspects_) {
    const bool kept = old.lasting || was_dead(session);
    if (kept && !seen.holders.contains(session) && now < over_at(session)) {
      suspicion lasting = old;
      lasting.lasting = true;
      suspects.emplace(session, lasting);
    }
  }
  const auto fresh = [&](const std::string& session) {
    const bool was_named = last_.holders.contains(session);
    return suspicion{.since = now, .limit = was_named ? last_.limit : seen.limit};
  };
  const auto suspect = [&](const std::string& session) {
    const auto found = suspects_.find(session);
    suspects.emplace(session, found == suspects_.end() ? fresh(session) : found->second);
  };
  for (const std::string& session : seen.holders) {
    if (seen.contenders.contains(session)) continue;
    // An older suspicion counts only if the session was named then as well, by the same `.lock`: it
    // may have got a slot since, by a change that was not seen.
    if (last_.holders.contains(session) && !deleted) {
      suspect(session);
    } else {
      suspects.insert_or_assign(session, fresh(session));
    }
  }
  // Its name is gone while its key is still locked: either it is about to delete its key, as a
  // release by consul/api does, or another client wrote `.lock`.
  const auto vanished = [&](const std::string& session) {
    return !seen.holders.contains(session) && seen.contenders.contains(session);
  };
  for (const std::string& session : last_.holders) {
    if (!vanished(session)) continue;
    // It was dead when it was seen last and locks its key again: an older suspicion does not count.
    if (last_.contenders.contains(session)) {
      suspect(session);
    } else {
      suspicion again = fresh(session);
      again.lasting = deleted;
      suspects.insert_or_assign(session, again);
    }
  }
  for (const auto& [session, old] : suspects_) {
    if (vanished(session)) suspect(session);
  }
  suspects_ = std::move(suspects);
  std::erase_if(spans_, [&](const auto& known) {
    return !seen.holders.contains(known.first) && !suspects_.contains(known.first);
  });
  last_ = seen;
  last_at_ = now;
  return true;
}

void slots::observe_lock(semaphore_state seen, time_point now) {
  seen.contenders.insert(last_.contenders.begin(), last_.contenders.end());
  seen.contenders.insert(seen.holders.begin(), seen.holders.end());
  observe(seen, now);
}

void slots::learn(const slots& other) {
  highest_ = other.highest_;
  last_ = other.last_;
  last_at_ = other.last_at_;
  suspects_ = other.suspects_;
  spans_ = other.spans_;
}

void slots::lock_was_at(std::uint64_t modified) noexcept {
  highest_ = std::max(highest_, modified);
}

void slots::holders_span(const std::string& session, duration span) {
  if (last_.holders.contains(session) || suspects_.contains(session)) spans_[session] = span;
}

time_point slots::over_at(const std::string& session) const {
  const auto since = suspects_.find(session);
  if (since == suspects_.end()) return time_point::max();
  const auto known = spans_.find(session);
  return since->second.since + (known == spans_.end() ? span_ : std::max(span_, known->second));
}

bool slots::occupies(const std::string& session, time_point now) const {
  if (bug_enabled(seeded_bug::slot_of_dead_is_free) && !last_.contenders.contains(session)) {
    return false;
  }
  return now < over_at(session);
}

std::set<std::string> slots::occupants(const std::string& self, time_point now) const {
  std::set<std::string> found;
  for (const std::string& session : last_.holders) {
    if (session != self && occupies(session, now)) found.insert(session);
  }
  if (bug_enabled(seeded_bug::slot_trusts_vanished)) return found;
  for (const auto& [session, old] : suspects_) {
    if (session != self && occupies(session, now)) found.insert(session);
  }
  return found;
}

std::size_t slots::occupied(const std::string& self, time_point now) const {
  return occupants(self, now).size();
}

bool slots::free(const std::string& self, time_point now) const {
  const auto relies_on_another = [&](const std::string& session) {
    const auto suspected = suspects_.find(session);
    const bool known = suspected != suspects_.end() && suspected->second.limit != 0;
    const std::uint64_t limit = known ? suspected->second.limit : last_.limit;
    return limit != 0 && limit != limit_ && !bug_enabled(seeded_bug::slot_limit_of_dead_forgotten);
  };
  const std::set<std::string> others = occupants(self, now);
  return others.size() < limit_ && std::ranges::none_of(others, relies_on_another);
}

bool slots::limit_conflict() const {
  if (last_.limit == 0 || last_.limit == limit_) return false;
  const auto lives = [&](const std::string& s) { return last_.contenders.contains(s); };
  return std::ranges::any_of(last_.holders, lives);
}

time_point slots::next_free(const std::string& self, time_point now) const {
  time_point next = time_point::max();
  for (const auto& [session, old] : suspects_) {
    if (session != self && occupies(session, now)) next = std::min(next, over_at(session));
  }
  return next;
}

std::set<std::string> slots::holders_with(const std::string& self, time_point now) const {
  std::set<std::string> names;
  for (const std::string& session : last_.holders) {
    if (occupies(session, now)) names.insert(session);
  }
  names.insert(self);
  return names;
}

}  // namespace tenure::core
