// What this process has seen of one key, in the order in which it happened, and what follows for
// whoever wants to succeed: is it free, was it released cleanly, and since when has it been free?
#pragma once

#include <cstdint>
#include <tenure/time.hpp>

#include "core/util/session_id.hpp"

namespace tenure::core {

/// What one answer of Consul says of the key.
class key_observation {
 public:
  bool exists = false;
  bool empty_value = true;
  bool plain = false;   ///< without the flags that locks are written with: by other tools, by hand
  session_id session;   ///< of the holder; empty: nobody
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t lock_index = 0;
  std::uint64_t as_of = 0;    ///< X-Consul-Index of the answer
  bool linearizable = false;  ///< a ?consistent read, or the result of a write
  time_point sent_at{};       ///< of the request

  bool held() const noexcept { return exists && !session.empty(); }
  /// Sights of a key are ordered by this: an index of the last write that the answer knows of.
  std::uint64_t order() const noexcept { return exists ? modify_index : as_of; }
};

enum class observation_order {
  same,      ///< nothing new
  newer,     ///< something changed
  outdated,  ///< older than what was seen before: forgotten
  restarted  ///< the server's indexes have gone backwards: another life of the cluster
};

class key_history {
 public:
  /// `dies_with_session`: the key is deleted when its holder's session dies, so that a missing key
  /// is not clean, not even at first sight.
  explicit key_history(bool dies_with_session = false) noexcept
      : dies_with_session_(dies_with_session) {}

  /// Takes in one answer that was complete at `now`. Older sights never replace newer ones.
  observation_order observe(const key_observation& seen, time_point now);

  bool known() const noexcept { return known_; }

  // -- the newest sight ---------------------------------------------------------------------------
  bool exists() const noexcept { return exists_; }
  bool held() const noexcept { return exists_ && !holder_.empty(); }
  bool held_by(const session_id& session) const noexcept { return held() && holder_ == session; }
  /// Empty: nobody.
  const session_id& holder() const noexcept { return holder_; }
  /// 0 where there is no such key.
  std::uint64_t modify_index() const noexcept { return exists_ ? order_ : 0; }
  /// Known, and nobody holds the key.
  bool free() const noexcept { return known_ && !held(); }
  /// Of a free key: its last holder had stopped before it let go, and nobody's lease runs.
  bool clean() const noexcept { return clean_; }
  /// Of a free key that is not clean: no earlier than the moment at which it was lost.
  time_point free_since() const noexcept { return free_since_; }

  /// Above every index that this process has seen for the key a new fence must lie.
  std::uint64_t highest() const noexcept { return highest_; }

 private:
  void take(const key_observation& seen, time_point now);
  bool released_cleanly(const key_observation& seen) const noexcept;

  // There are thousands of these: of a sight only what is asked for later is kept.
  session_id holder_;
  std::uint64_t create_index_ = 0;
  std::uint64_t lock_index_ = 0;
  std::uint64_t order_ = 0;  ///< key_observation::order()
  std::uint64_t highest_ = 0;
  time_point last_at_{};
  time_point free_since_{};
  bool known_ = false;
  bool exists_ = false;
  bool clean_ = false;
  bool dies_with_session_;
};

}  // namespace tenure::core
