// Who leads, as an observer sees it.
#pragma once

#include <cstdint>
#include <string>

namespace tenure {

/// What is known of an election's leader. Plain values.
class leader {
 public:
  std::string key;  ///< of the election
  /// The holder's session; empty where the key is not held.
  std::string session;
  /// What the holder published.
  std::string value;
  /// The ModifyIndex of the holder's latest write to the key: its term's fence, until it
  /// proclaims another value, and larger from then on. It grows from leader to leader.
  std::uint64_t fence = 0;

  /// Whether somebody holds the key. A successor may hold it while it waits for the lease of its
  /// predecessor to end; it does not act until then.
  [[nodiscard]] bool present() const noexcept { return !session.empty(); }
  friend bool operator==(const leader&, const leader&) = default;  ///< equal in all members
};

}  // namespace tenure
