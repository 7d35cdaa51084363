// Which slots of a semaphore are taken, as far as one candidate can see, and whether one is free.
// No I/O and no clock.
//
// A semaphore is what consul/api makes of two kinds of keys. `<prefix>/.lock` contains the limit
// and the holders, by their sessions. `<prefix>/<session>` is the contender key: each contender
// keeps it locked while its session lives. A holder whose contender key is no longer locked is
// dead, and the next contender may take its slot.
//
// consul/api's contenders take it at once. This candidate first waits a span, from the moment at
// which it saw that the holder was dead. A holder of tenure's has proven, by a request sent at some
// R, that `.lock` named it and its key was locked. It lost them, if at all, at some D >= R; no
// other process sees that before D, so no candidate of tenure's takes the slot before R + span,
// when the lease is over. The same holds for a holder whose name is gone while its key is still
// locked: another client deleted or overwrote `.lock`.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tenure/time.hpp>

namespace tenure::core {

/// The semaphore as one answer shows it.
class semaphore_state {
 public:
  std::uint64_t limit = 0;            ///< 0: none
  std::set<std::string> holders;      ///< sessions named by `.lock`
  std::set<std::string> contenders;   ///< sessions that lock their contender key
  std::uint64_t lock_modified = 0;    ///< ModifyIndex of `.lock`; 0: the key does not exist
  std::uint64_t lock_created = 0;     ///< CreateIndex of `.lock`
  std::uint64_t index = 0;            ///< X-Consul-Index of the answer
  bool linearizable = false;          ///< it shows a state after `sent_at`
  time_point sent_at{};               ///< when its request was sent
};

class slots {
 public:
  slots(std::uint64_t limit, duration span) noexcept : limit_(limit), span_(span) {}

  /// Takes in an answer that was complete at `now`. False: it may be older than what was seen
  /// before, and replaces nothing.
  bool observe(const semaphore_state& seen, time_point now);
  /// Takes in an answer that shows `.lock`, and perhaps not all contender keys: a holder that it
  /// names counts as alive.
  void observe_lock(semaphore_state seen, time_point now);
  /// The span of another holder's session: the larger one of that and ours counts.
  void holders_span(const std::string& session, duration span);
  /// Takes over what another candidate of the process has seen of the same semaphore.
  void learn(const slots& other);
  /// A proof has shown `.lock` at that index.
  void lock_was_at(std::uint64_t modified) noexcept;

  const semaphore_state& last() const noexcept { return last_; }
  /// The greatest index of `.lock` that was seen: a fence must exceed it.
  std::uint64_t highest() const noexcept { return highest_; }
  /// Whether the semaphore has another limit, and living holders that rely on it.
  bool limit_conflict() const;

  /// The slots whose holders may still act, without `self`.
  std::size_t occupied(const std::string& self, time_point now) const;
  /// Whether `self` may take a slot. None is free beside a holder that relies on another limit, and
  /// that may still act.
  bool free(const std::string& self, time_point now) const;
  /// When the time of a dead holder is over, so that a slot becomes free; time_point::max(): never.
  time_point next_free(const std::string& self, time_point now) const;
  /// The holders that `.lock` has to name when `self` takes a slot: those whose time is not over,
  /// and `self`.
  std::set<std::string> holders_with(const std::string& self, time_point now) const;

 private:
  bool outdated(const semaphore_state& seen) const noexcept;
  void take_older(const semaphore_state& seen);
  bool occupies(const std::string& session, time_point now) const;
  std::set<std::string> occupants(const std::string& self, time_point now) const;
  time_point over_at(const std::string& session) const;

  std::uint64_t limit_;
  duration span_;
  std::uint64_t highest_ = 0;
  semaphore_state last_;
  time_point last_at_{};  ///< when that was complete
  struct suspicion {
    time_point since{};
    /// The name went with `.lock` itself, which no contender deletes: the key of the holder says
    /// nothing. The server may have lost both.
    bool lasting = false;
    /// The number of slots that the holder relies on; 0: unknown.
    std::uint64_t limit = 0;
  };
  using suspicions = std::map<std::string, suspicion>;
  void suspect_contenders(const semaphore_state& seen, time_point now, suspicions& into) const;
  void suspect_last_holders(const semaphore_state& seen, time_point now, suspicions& into) const;

  /// Holders that are dead, or whose name is gone while their lease may run.
  suspicions suspects_;
  std::map<std::string, duration> spans_;
};

}  // namespace tenure::core
