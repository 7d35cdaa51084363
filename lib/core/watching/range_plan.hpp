// Which blocking queries watch a set of keys. A few keys have a query each; more of them share
// queries for everything below a prefix. The prefixes are a cut through the trie of the sorted
// keys: disjoint, as even as the keys allow, and only such as Consul accepts in a request.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tenure::core {

enum class range_kind : std::uint8_t { prefix, key };

/// What one blocking query watches: everything below a prefix, or one key.
class watch_range {
 public:
  watch_range(std::string text, range_kind kind) : text(std::move(text)), kind(kind) {}

  std::string text;  ///< the prefix, or the key
  range_kind kind;

  bool single() const noexcept { return kind == range_kind::key; }
  bool covers(std::string_view key) const noexcept {
    return single() ? key == text : key.starts_with(text);
  }
  /// Whether it covers everything that `other` covers.
  bool covers(const watch_range& other) const noexcept {
    return single() ? *this == other : other.text.starts_with(text);
  }
  friend auto operator<=>(const watch_range&, const watch_range&) = default;
};

using range_set = std::set<watch_range>;

class plan_limits {
 public:
  std::size_t singles = 8;   ///< up to this number of keys, each has a query
  std::size_t target = 128;  ///< keys below one prefix, if `most` allows enough prefixes
  std::size_t most = 28;     ///< queries; exceeded only if a prefix must not be asked for
};

/// Prefixes whose lists were found to have many unwatched keys, or to be refused.
class prefix_costs {
 public:
  /// Split these if `most` allows it.
  std::set<std::string, std::less<>> oversized;
  /// Do not ask for these at all. The empty prefix, which is the whole store, always is one.
  std::set<std::string, std::less<>> unlistable;
};

/// Whether a key or a prefix can be part of a request's path. Consul's server cleans paths by a
/// redirect, so a leading slash, "//", and "." or ".." between slashes never arrive.
bool addressable(std::string_view text) noexcept;

/// The plan for these keys, which have to be sorted, unique and addressable. Exactly one range
/// covers each key, and no range covers another. `present` is the plan so far: its cuts stay until
/// few keys remain below them, so that a key that comes and goes changes little. Equal input gives
/// equal output. O(keys x log queries).
range_set plan_ranges(std::span<const std::string_view> keys, const range_set& present,
                      const prefix_costs& costs, const plan_limits& limits);

/// The range of a plan that covers the key; the plan's end if none does. O(log queries).
template <class Ranges>
auto find_range(Ranges& ranges, const watch_range& key) noexcept {
  // Ranges are disjoint: only the last one that does not sort after the key can cover it.
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
