// Which blocking queries watch a set of keys: a handful each by a query of its own, more of them by
// queries for everything below a prefix. The prefixes are a cut through the trie of the sorted
// keys: disjoint, as even as the keys allow, and only such as Consul can be asked for.
#pragma once

#include <compare>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::core {

/// What one blocking query watches: everything below a prefix, or one key.
class watch_range {
 public:
  watch_range(std::string text, bool single) : text(std::move(text)), single(single) {}

  std::string text;  ///< the prefix, or the key
  bool single;       ///< one key alone

  bool covers(std::string_view key) const noexcept {
    return single ? key == text : key.starts_with(text);
  }
  /// Whether everything that `other` covers is covered.
  bool covers(const watch_range& other) const noexcept {
    return single ? *this == other : other.text.starts_with(text);
  }
  friend auto operator<=>(const watch_range&, const watch_range&) = default;
};

using range_set = std::set<watch_range>;

class plan_limits {
 public:
  std::size_t singles = 8;   ///< up to so many keys each have a query of their own
  std::size_t target = 128;  ///< keys below one prefix, where there may be enough prefixes
  std::size_t most = 28;     ///< queries; exceeded only where a prefix must not be asked for
};

/// What is known of prefixes that bring along much that nobody watches.
class prefix_costs {
 public:
  /// Split these where `most` allows it.
  std::set<std::string, std::less<>> oversized;
  /// Do not ask for these at all. The empty prefix, which is the whole store, counts as one.
  std::set<std::string, std::less<>> unlistable;
};

/// Whether a key, or a prefix, can stand in the path of a request: Consul's server cleans paths by
/// redirecting, so a slash in front, "//" and "." or ".." between slashes never arrive.
bool addressable(std::string_view text) noexcept;

/// The plan for these keys, which are sorted, unique and addressable. Every key is covered by
/// exactly one range, and no range covers another. `present` is the plan so far: a cut that it has
/// made is given up only when the keys below have become few, so that a key that comes and goes
/// changes little. Of equal input equal output. O(keys x log queries).
range_set plan_ranges(std::span<const std::string_view> keys, const range_set& present,
                      const prefix_costs& costs, const plan_limits& limits);

/// The range of a plan that covers the key; its end where none does. O(log queries).
template <class Ranges>
auto find_range(Ranges& ranges, const watch_range& key) noexcept {
  // Ranges are disjoint: what covers the key is the last one that is not behind it.
  auto place = ranges.upper_bound(key);
  if (place == ranges.begin()) return ranges.end();
  --place;
  const watch_range* range = nullptr;
  if constexpr (requires { place->first; }) {
    range = &place->first;
  } else {
    range = &*place;
  }
  return range->covers(key.text) ? place : ranges.end();
}

}  // namespace tenure::core
