// Who has a slot of a semaphore, as far as a contender can tell, and whether there is one left. No
// I/O and no clock of its own.
//
// A semaphore is what consul/api makes of two kinds of keys: `<prefix>/.lock` names the limit and
// the holders by their sessions, and `<prefix>/<session>` is locked by each contender for as long
// as its session lives. A holder whose contender key is not locked any more is dead, and whoever
// comes next may take its slot.
//
// consul/api's contenders take it at once. This one waits a span first, from the moment at which
// it saw that the holder was dead: a holder that is tenure's has proven, at some R, that both its
// name and its key were there. They were lost at D >= R if at all, nobody sees it before D, and so
// nobody of ours takes its slot before R + span, when its lease is over. The same holds for a
// holder whose name is gone while its key is still locked: somebody deleted or overwrote `.lock`.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tenure/time.hpp>

namespace tenure::core {

/// What one answer, complete at the time it is told, says of the semaphore.
class semaphore_state {
 public:
  std::uint64_t limit = 0;            ///< 0: it says none
  std::set<std::string> holders;      ///< sessions named by `.lock`
  std::set<std::string> contenders;   ///< sessions that lock their contender key
  std::uint64_t lock_index = 0;       ///< ModifyIndex of `.lock`; 0: there is no such key
  std::uint64_t lock_created = 0;     ///< CreateIndex of `.lock`
};

class slots {
 public:
  slots(std::uint64_t limit, duration span) noexcept : limit_(limit), span_(span) {}

  void observe(const semaphore_state& seen, time_point now);
  /// The span of another holder, where it is known: the larger one counts.
  void holders_span(const std::string& session, duration span);

  bool known() const noexcept { return known_; }
  const semaphore_state& last() const noexcept { return last_; }
  /// Whether the semaphore has another limit, and living holders that keep to it.
  bool limit_conflict() const;

  /// Slots that somebody else may still act on.
  std::size_t occupied(const std::string& self, time_point now) const;
  bool free(const std::string& self, time_point now) const {
    return occupied(self, now) < limit_;
  }
  /// When a slot may become free without anything happening; time_point::max(): never.
  time_point next_free(const std::string& self, time_point now) const;
  /// The names that `.lock` should have when `self` takes a slot: those whose time is not over, and
  /// its own.
  std::set<std::string> holders_with(const std::string& self, time_point now) const;

 private:
  bool occupies(const std::string& session, time_point now) const;
  time_point over_at(const std::string& session) const;

  std::uint64_t limit_;
  duration span_;
  bool known_ = false;
  semaphore_state last_;
  /// Holders that are dead, or whose name has gone without them: since when that was seen.
  std::map<std::string, time_point> doubtful_;
  std::map<std::string, duration> spans_;
};

}  // namespace tenure::core
