// The true history of a semaphore's slots, and what each contender has seen of it. No process can
// see any of that.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "sim/ground_truth.hpp"
#include "sim/inflight_request.hpp"

namespace tenure::sim {

/// One semaphore, as the store has it. A session holds a slot while `.lock` names it and its
/// contender key is locked.
class slot_history {
 public:
  /// `life`: the least rank of the present life of the server.
  void lock_changed(const key_change& change, std::uint64_t life, time_point now);
  void contender_changed(const key_change& change, const std::string& session, time_point now);

  bool names(const std::string& session) const { return named_.contains(session); }
  /// Whether the last change of `.lock` took the name away.
  bool just_unnamed(const std::string& session) const { return just_unnamed_.contains(session); }
  bool held(const std::string& session) const {
    return named_.contains(session) && enrolled_.contains(session);
  }
  /// When the session held a slot last; time_point::max(): it does; min(): it never did.
  time_point last_held(const std::string& session) const;
  /// When the session was named by a write with that index; time_point::min(): never.
  time_point named_at(const std::string& session, std::uint64_t index) const;
  /// The same for the last time: a restored snapshot may name it by that write again.
  time_point named_again_at(const std::string& session, std::uint64_t index) const;
  /// The rank of that index, as of a holding; 0: the session was never named by it.
  std::uint64_t rank_of(const std::string& session, std::uint64_t index) const;

  const std::set<std::string>& named() const noexcept { return named_; }
  /// Whether its contender key exists, locked or not.
  bool present(const std::string& session) const { return present_.contains(session); }
  const std::set<std::string>& enrolled() const noexcept { return enrolled_; }
  bool good() const noexcept { return good_; }
  std::uint64_t lock_index() const noexcept { return lock_index_; }

  /// Whether operators took the session's name between those two instants.
  bool unnamed_by_operators(const std::string& session, time_point from, time_point to) const;
  /// Whether they wrote or restored a `.lock` without it: the same key, by its CreateIndex.
  bool overwritten_within(const std::string& session, time_point from, time_point to) const;
  /// Whether the contender key was lost between those two instants.
  bool unlocked_within(const std::string& session, time_point from, time_point to) const;

 private:
  using instants = std::vector<time_point>;
  static bool any_within(const instants& when, time_point from, time_point to);
  void note_lost(const std::string& session, bool held_before, time_point now);

  bool good_ = true;  ///< `.lock` is a semaphore's, or does not exist
  std::uint64_t lock_index_ = 0;
  std::uint64_t newest_ = 0;  ///< rank of `.lock`
  std::set<std::string> named_, enrolled_, present_;
  std::set<std::string> just_unnamed_;
  struct naming {
    time_point at;
    std::uint64_t rank;
    time_point again;
  };
  std::map<std::string, std::map<std::uint64_t, naming>> namings_;  ///< by index
  std::map<std::string, time_point> last_held_;
  std::map<std::string, instants> unnamed_, overwritten_, unlocked_;
};

/// What the contenders have seen of `.lock`: by process and semaphore, since the last contend().
class seen_slots {
 public:
  void contending(actor who, std::size_t semaphore) { seen_.erase({who, semaphore}); }
  /// A process received the response to a read.
  void received(const inflight_request& read, time_point now);
  /// Whether that contender saw the session named, at an index of `fence` or later, as it was after
  /// `since`, and saw it before `limit`.
  bool saw_named(actor who, std::size_t semaphore, const std::string& session,
                 std::uint64_t fence, time_point since, time_point limit) const;

 private:
  struct sighting {
    time_point state_of, received;
  };
  using sightings = std::multimap<std::uint64_t, sighting>;  ///< by the index of `.lock`
  std::map<std::pair<actor, std::size_t>, std::map<std::string, sightings>> seen_;
};

}  // namespace tenure::sim
