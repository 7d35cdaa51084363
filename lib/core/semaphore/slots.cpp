#include "core/semaphore/slots.hpp"

#include <algorithm>

namespace tenure::core {

void slots::observe(const semaphore_state& seen, time_point now) {
  std::map<std::string, time_point> suspects;
  // `.lock` was deleted since it was seen last. Contenders may have become holders before that, by
  // a change that was not seen, and their leases may run.
  const bool deleted = last_.lock_modified != 0 && seen.lock_created != last_.lock_created;
  if (deleted) {
    for (const std::string& session : seen.contenders) {
      if (!seen.holders.contains(session)) suspects.emplace(session, now);
    }
  }
  const auto suspect = [&](const std::string& session) {
    const auto found = suspects_.find(session);
    suspects.emplace(session, found == suspects_.end() ? now : found->second);
  };
  for (const std::string& session : seen.holders) {
    if (seen.contenders.contains(session)) continue;
    // An older suspicion counts only if the session was named then as well: it may have got a slot
    // since, by a change that was not seen.
    if (last_.holders.contains(session)) {
      suspect(session);
    } else {
      suspects.insert_or_assign(session, now);
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
      suspects.insert_or_assign(session, now);
    }
  }
  for (const auto& [session, since] : suspects_) {
    if (vanished(session)) suspect(session);
  }
  suspects_ = std::move(suspects);
  std::erase_if(spans_, [&](const auto& known) {
    return !seen.holders.contains(known.first) && !suspects_.contains(known.first);
  });
  last_ = seen;
  known_ = true;
}

void slots::holders_span(const std::string& session, duration span) {
  if (last_.holders.contains(session)) spans_[session] = span;
}

time_point slots::over_at(const std::string& session) const {
  const auto since = suspects_.find(session);
  if (since == suspects_.end()) return time_point::max();
  const auto known = spans_.find(session);
  return since->second + (known == spans_.end() ? span_ : std::max(span_, known->second));
}

bool slots::occupies(const std::string& session, time_point now) const {
  return now < over_at(session);
}

std::size_t slots::occupied(const std::string& self, time_point now) const {
  std::size_t count = 0;
  for (const std::string& session : last_.holders) {
    if (session != self && occupies(session, now)) ++count;
  }
  for (const auto& [session, since] : suspects_) {
    const bool named = last_.holders.contains(session);
    if (!named && session != self && occupies(session, now)) ++count;
  }
  return count;
}

bool slots::limit_conflict() const {
  if (last_.limit == 0 || last_.limit == limit_) return false;
  const auto lives = [&](const std::string& s) { return last_.contenders.contains(s); };
  return std::ranges::any_of(last_.holders, lives);
}

time_point slots::next_free(const std::string& self, time_point now) const {
  time_point next = time_point::max();
  for (const auto& [session, since] : suspects_) {
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
