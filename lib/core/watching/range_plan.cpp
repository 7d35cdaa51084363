#include "core/watching/range_plan.hpp"

#include <algorithm>
#include <queue>
#include <utility>

namespace tenure::core {

bool addressable(std::string_view text) noexcept {
  if (text.starts_with('/')) return false;
  while (true) {
    const auto slash = text.find('/');
    const std::string_view segment = text.substr(0, slash);
    if (segment == "." || segment == "..") return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
    if (text.starts_with('/')) return false;
  }
}

namespace {

// A cut may leave at most this many times the number of queries that the target asks for: where the
// trie is broad, a few keys above the target are cheaper than ten more connections.
constexpr std::size_t broadest = 4;
// A cut of the present plan stays until the keys below it are this fraction of the target.
constexpr std::size_t few_keys_fraction = 4;

using key_span = std::span<const std::string_view>;

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  const auto differ = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most),
                                    b.begin());
  return static_cast<std::size_t>(differ.first - a.begin());
}

/// A node of the trie: neighbouring keys, and the prefix by which to ask for them.
class node {
 public:
  node(key_span its_keys, std::size_t length) : keys(its_keys), length(length) {}

  bool single() const noexcept { return keys.size() == 1; }
  std::string_view prefix() const noexcept { return keys.front().substr(0, length); }
  /// The length of what all its keys begin with: at least the prefix.
  std::size_t shared() const noexcept { return common_prefix(keys.front(), keys.back()); }

  key_span keys;
  std::size_t length;
};

class range_planner {
 public:
  range_planner(key_span keys, const range_set& present, const prefix_costs& costs,
                const plan_limits& limits)
      : keys_(keys), present_(present), costs_(costs), limits_(limits) {}

  range_set plan() {
    if (keys_.empty()) return {};
    if (one_query_per_key()) {
      for (const std::string_view key : keys_) done_.emplace(std::string(key), range_kind::key);
      return std::move(done_);
    }
    node root(keys_, 0);
    root.length = root.shared();
    for (node& n : permitted(std::move(root))) enqueue(n);
    while (!heaviest_.empty()) {
      const node top = heaviest_.top();
      heaviest_.pop();
      const std::vector<node> parts = cut(top);
      const std::size_t count = done_.size() + heaviest_.size() + parts.size();
      if (count <= most_for(top)) {
        for (const node& n : parts) enqueue(n);
      } else {
        finish(top);
      }
    }
    return std::move(done_);
  }

 private:
  class lighter {
   public:
    explicit lighter(const range_planner& p) : planner_(&p) {}
    bool operator()(const node& a, const node& b) const noexcept {
      const bool a_heavy = planner_->oversized(a);
      const bool b_heavy = planner_->oversized(b);
      if (a_heavy != b_heavy) return b_heavy;
      if (a.keys.size() != b.keys.size()) return a.keys.size() < b.keys.size();
      return a.keys.front() > b.keys.front();
    }

   private:
    const range_planner* planner_;
  };

  bool one_query_per_key() const noexcept {
    if (keys_.size() > std::min(limits_.singles, limits_.most)) return false;
    const bool by_prefix = std::any_of(present_.begin(), present_.end(),
                                       [](const watch_range& r) { return !r.single(); });
    return !by_prefix || keys_.size() <= limits_.singles / 2 || keys_.size() == 1;
  }

  bool oversized(const node& n) const noexcept {
    return !n.single() && costs_.oversized.contains(n.prefix());
  }
  bool unlistable(const node& n) const noexcept {
    return !n.single() && (n.length == 0 || !addressable(n.prefix()) ||
                           costs_.unlistable.contains(n.prefix()));
  }
  /// Whether the present plan asks by several prefixes for what is below this one.
  bool cut_before(const node& n) const noexcept {
    std::size_t below = 0;
    for (auto r = present_.lower_bound(watch_range(std::string(n.prefix()), range_kind::key));
         below < 2 && r != present_.end() && r->text.starts_with(n.prefix()); ++r) {
      if (!r->single()) ++below;
    }
    return below == 2;
  }

  /// Up to how many queries in all this node may be cut; 0: it needs no cut.
  std::size_t most_for(const node& n) const noexcept {
    if (n.single()) return 0;
    if (oversized(n)) return limits_.most;
    if (cut_before(n)) {
      return n.keys.size() > limits_.target / few_keys_fraction ? limits_.most : 0;
    }
    if (n.keys.size() <= limits_.target) return 0;
    const std::size_t wanted = (keys_.size() + limits_.target - 1) / limits_.target;
    return std::min(limits_.most, wanted * broadest);
  }

  void enqueue(const node& n) {
    if (most_for(n) == 0) {
      finish(n);
    } else {
      heaviest_.push(n);
    }
  }

  void finish(const node& n) {
    if (n.single()) {
      done_.emplace(std::string(n.keys.front()), range_kind::key);
    } else {
      done_.emplace(std::string(n.prefix()), range_kind::prefix);
    }
  }

  /// The parts of a node of at least two keys, each with a prefix that may be asked for.
  std::vector<node> cut(const node& n) const {
    std::vector<node> parts;
    const std::size_t shared = n.shared();
    std::size_t begin = 0;
    while (begin < n.keys.size()) {
      std::size_t end = begin + 1;
      if (n.keys[begin].size() > shared) {
        const char next = n.keys[begin][shared];
        const auto other = std::partition_point(
            n.keys.begin() + static_cast<std::ptrdiff_t>(begin), n.keys.end(),
            [&](std::string_view key) { return key[shared] == next; });
        end = static_cast<std::size_t>(other - n.keys.begin());
      }
      for (node& part : permitted(node(n.keys.subspan(begin, end - begin), shared + 1))) {
        parts.push_back(part);
      }
      begin = end;
    }
    return parts;
  }

  /// The node with its shortest prefix that is not costly: it is likely to cover new keys too. If
  /// none of its prefixes may be asked for, its parts.
  std::vector<node> permitted(node n) const {
    if (n.single()) return {n};
    if (unlistable(n) || oversized(n)) {
      const std::size_t shared = n.shared();
      if (shared > n.length) n.length = shared;
    }
    if (unlistable(n)) return cut(n);
    return {n};
  }

  key_span keys_;
  const range_set& present_;
  const prefix_costs& costs_;
  const plan_limits& limits_;
  range_set done_;
  std::priority_queue<node, std::vector<node>, lighter> heaviest_{lighter(*this)};
};

}  // namespace

range_set plan_ranges(key_span keys, const range_set& present, const prefix_costs& costs,
                      const plan_limits& limits) {
  return range_planner(keys, present, costs, limits).plan();
}

}  // namespace tenure::core
