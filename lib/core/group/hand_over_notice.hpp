// A notice of hand-overs: the transaction in which A hands keys to B also writes their names into a
// key that only B watches. So Consul wakes B's poll of notices first, and its answer is short,
// whatever number of members and elections the group has.
//
// The notice has the ModifyIndex of the keys. With that it shows what a read of each key would have
// shown. But a notice may be written again, for example by the restore of a backup, and has another
// index then. So the transaction writes a second key with it, its seal: a notice whose seal has
// another index is not the one that the transaction wrote. And a candidate believes a notice only
// if its newest observation of the key is the hold that the transaction required, at its index. To
// all others it is a hint to read the key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::core {

class handed_key {
 public:
  std::string key;
  std::uint64_t guard = 0;  ///< the ModifyIndex that the transaction required: that of A's hold
  std::uint64_t create_index = 0;
  std::uint64_t lock_index = 0;  ///< with the lock of the new holder

  friend bool operator==(const handed_key&, const handed_key&) = default;
};

/// One line for each key: `GUARD CREATE_INDEX LOCK_INDEX LENGTH KEY`. The length is that of the key
/// in bytes, which may be any.
std::string notice_text(const std::vector<handed_key>& keys);
/// The key of a notice's seal. In a list it follows the notice.
std::string seal_of(std::string_view notice_key);
/// Nothing if the text is not a notice.
std::optional<std::vector<handed_key>> parse_notice(std::string_view text);

}  // namespace tenure::core
