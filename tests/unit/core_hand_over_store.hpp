// Consul as candidates see it in a randomized test: one key, all its past states, and sessions.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/candidate/candidate.hpp"
#include "core_observations.hpp"

namespace tenure::test {

class store {
 public:
  class state {
   public:
    bool exists = false, empty = true, plain = false;
    std::string session;
    std::uint64_t create = 0, modify = 0, lock = 0, as_of = 1;
    time_point since{};
  };
  std::vector<state> past{state{}};
  std::set<std::string> alive;

  const state& now() const { return past.back(); }
  void commit(state next, time_point at) {
    next.as_of = now().as_of + 1;
    next.modify = next.exists ? next.as_of : 0;
    if (next.exists && !now().exists) next.create = next.as_of;
    next.since = at;
    past.push_back(next);
  }
  static core::key_observation seen(const state& s) {
    core::key_observation o;
    o.exists = s.exists;
    o.empty_value = s.empty;
    o.plain = s.plain;
    o.session = s.session;
    o.create_index = s.create;
    o.modify_index = s.modify;
    o.lock_index = s.lock;
    o.as_of = s.as_of;
    return o;
  }

  // -- candidates --------------------------------------------------------------------------------
  std::optional<core::claim_refusal> acquire(const core::claim_request& wanted, time_point at) {
    const bool as_seen =
        wanted.missing ? !now().exists : now().exists && now().modify == wanted.index;
    if (!as_seen || !now().session.empty()) return core::claim_refusal::index_moved;
    if (!alive.contains(wanted.session.text())) return core::claim_refusal::session_invalid;
    lock(wanted.session.text(), at);
    return std::nullopt;
  }
  bool place(time_point at) {
    if (now().exists) return false;
    state next;
    next.exists = true;
    next.empty = false;
    commit(next, at);
    return true;
  }
  enum class given_up { released, handed_over, missed, heir_died };
  /// To `heir`, if it is not empty.
  given_up give_up(const core::release_request& wanted, const std::string& heir, time_point at) {
    const bool guarded = now().exists && now().modify == wanted.guard;
    if (!guarded || now().session != wanted.session.text()) return given_up::missed;
    if (heir.empty()) {
      free(wanted.clean, at);
      return given_up::released;
    }
    if (!alive.contains(heir)) return given_up::heir_died;
    lock(heir, at);
    return given_up::handed_over;
  }

  // -- others ------------------------------------------------------------------------------------
  void kill(const std::string& session, time_point at) {
    if (alive.erase(session) > 0 && now().session == session) free(now().empty, at);
  }
  void release_by_hand(time_point at) {
    state next = now();
    next.plain = true;
    next.session.clear();
    commit(next, at);
  }
  void overwrite(time_point at) {
    state next = now();
    next.plain = true;
    next.lock = 0;
    commit(next, at);
  }

 private:
  void lock(const std::string& session, time_point at) {
    state next = now();
    next.exists = true;
    next.empty = next.plain = false;
    if (next.session != session) ++next.lock;
    next.session = session;
    commit(next, at);
  }
  void free(bool empty, time_point at) {
    state next = now();
    next.session.clear();
    next.empty = empty;
    next.plain = false;
    commit(next, at);
  }
};

}  // namespace tenure::test
