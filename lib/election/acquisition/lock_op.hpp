// One key's part in a transaction of the lock queue: an acquisition, a release, a hand-over, the
// writing or the deletion of a placeholder; and its outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "consul/types.hpp"

namespace tenure::impl {

/// What the notice of a hand-over says of its key, beside the guard.
struct hand_over_note {
  std::string prefix;  ///< recipient::notices
  std::uint64_t create_index = 0;
  std::uint64_t lock_index = 0;  ///< with the lock of the next holder
};

struct lock_op {
  enum class kind : std::uint8_t { acquire, release, place, clear };
  lock_op(kind k, consul::txn_op operation) : what(k), act(std::move(operation)) {}

  std::size_t operations() const noexcept { return 1 + (guard ? 1 : 0) + (then ? 1 : 0); }
  bool hands_over() const noexcept { return then.has_value(); }

  kind what;
  bool clean = false;  ///< a release that leaves the key empty
  std::uint64_t fence = 0;  ///< of the term whose key is released; 0: there was none
  std::optional<consul::txn_op> guard;
  consul::txn_op act;
  /// Of a release that is a hand-over: the lock for the next holder.
  std::optional<consul::txn_op> then;
  /// Of a hand-over: the key by which the next holder is a member. Nothing is handed to a session
  /// that does not hold it, for it may live on in other groups. Empty: not checked.
  std::string member_key;
  std::optional<hand_over_note> note;
};

enum class lock_outcome_kind : std::uint8_t {
  done,     ///< carried out
  refused,  ///< nothing happened, and `why` says why
  failed,   ///< nothing happened, and `error` says why
  unknown,  ///< the answer was lost: it may happen, or have happened
};

struct lock_outcome : consul::answer_base {
  lock_outcome_kind what = lock_outcome_kind::failed;
  consul::txn_failure why = consul::txn_failure::other;
  /// Refused because of `then`, the lock for the next holder; the release alone may succeed.
  bool by_next_holder = false;
  consul::kv_entry written;  ///< the key as it is now, without its value; empty after a clear
};

}  // namespace tenure::impl
