// What this process has seen of one key, in the order in which it happened, and what follows for a
// successor: is the key free, was it released cleanly, and since when has it been free?
#pragma once

#include <cstdint>
#include <optional>
#include <tenure/time.hpp>

#include "core/candidate/key_observation.hpp"
#include "core/util/session_id.hpp"

namespace tenure::core {

enum class observation_order {
  same,      ///< nothing new
  newer,     ///< something changed
  outdated,  ///< older than what was seen before: ignored
  restarted  ///< the server's indexes went backwards: another life of the cluster
};

class key_history {
 public:
  /// `dies_with_session`: the key is deleted when its holder's session dies, so that a missing key
  /// is not clean, not even at first sight.
  explicit key_history(bool dies_with_session = false) noexcept
      : dies_with_session_(dies_with_session) {}

  /// Takes in one answer that was complete at `now`. An older observation never replaces a newer
  /// one.
  observation_order observe(const key_observation& seen, time_point now);

  bool known() const noexcept { return known_; }

  // -- the newest observation --------------------------------------------------------------------
  bool exists() const noexcept { return exists_; }
  bool held() const noexcept { return exists_ && !holder_.empty(); }
  bool held_by(const session_id& session) const noexcept { return held() && holder_ == session; }
  /// Empty: none.
  const session_id& holder() const noexcept { return holder_; }
  /// Its holder got the key directly from another session, whose hold had been seen just before, in
  /// the same life of the key: see hand_over_rules.
  bool passed() const noexcept { return passed_; }
  /// Its index exceeds all that were seen before, so that it may be a fence.
  bool exceeds_all() const noexcept { return exceeds_all_; }
  std::uint64_t create_index() const noexcept { return create_index_; }
  /// 0 if the key does not exist.
  std::uint64_t modify_index() const noexcept { return exists_ ? order_ : 0; }
  /// Known, and without a holder.
  bool free() const noexcept { return known_ && !held(); }
  /// Of a free key: its last holder stopped its work before the release, and no lease runs.
  bool clean() const noexcept { return clean_; }
  /// Of a free key that is not clean: when this process saw it become free. The holder lost it then
  /// or earlier.
  time_point free_since() const noexcept { return free_since_; }

  /// The lock-delay of the holder that was seen last; nothing: unknown.
  std::optional<duration> holders_lock_delay() const noexcept;
  void learn_lock_delay(duration delay) noexcept;

  /// The newest observation is the placeholder that this process wrote: the key has been free at
  /// this index since then.
  bool placeholder() const noexcept { return placeholder_; }
  void placed() noexcept { placeholder_ = true; }
  void placeholder_gone() noexcept { placeholder_ = false; }

  /// The highest index seen for this key: a new fence must exceed it.
  std::uint64_t highest() const noexcept { return highest_; }

 private:
  void take_older(const key_observation& seen);
  void take(const key_observation& seen, time_point now);
  bool released_cleanly(const key_observation& seen) const noexcept;

  static constexpr std::uint16_t unknown_delay = 0xffff;

  // There are thousands of these: only what is needed later is kept of an observation.
  session_id holder_;
  std::uint64_t create_index_ = 0;
  std::uint64_t lock_index_ = 0;
  std::uint64_t order_ = 0;  ///< key_observation::order()
  std::uint64_t highest_ = 0;
  time_point last_at_{};
  time_point free_since_{};
  bool known_ : 1 = false;
  bool exists_ : 1 = false;
  bool clean_ : 1 = false;
  bool placeholder_ : 1 = false;
  bool passed_ : 1 = false;
  bool exceeds_all_ : 1 = false;
  bool dies_with_session_ : 1;
  std::uint16_t holders_delay_ms_ = unknown_delay;  ///< Consul takes up to 60 s
};

}  // namespace tenure::core
