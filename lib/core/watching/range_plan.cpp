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

// A cut is made while it leaves at most so many times the queries that the target asks for: where
// the trie is broad, a few keys above the target are cheaper than ten more connections.
constexpr std::size_t broadest = 4;
// A cut that the present plan has made stays until the keys below it are that part of the target.
constexpr std::size_t few_parts = 4;

using key_span = std::span<const std::string_view>;

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  const auto differ = std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most),
                                    b.begin());
  return static_cast<std::size_t>(differ.first - a.begin());
}

/// A knot of the trie: keys that stand side by side, and the prefix by which to ask for them.
class node {
 public:
  node(key_span its_keys, std::size_t length) : keys(its_keys), length(length) {}

  bool single() const noexcept { return keys.size() == 1; }
  std::string_view prefix() const noexcept { return keys.front().substr(0, length); }
  /// What all its keys begin with: at least the prefix.
  std::size_t shared() const noexcept { return common_prefix(keys.front(), keys.back()); }

  key_span keys;
  std::size_t length;
};

class planner {
 public:
  planner(key_span keys, const range_set& present, const prefix_costs& costs,
          const plan_limits& limits)
      : keys_(keys), present_(present), costs_(costs), limits_(limits) {}

  range_set plan() {
    if (keys_.empty()) return {};
    if (each_alone()) {
      for (const std::string_view key : keys_) done_.emplace(std::string(key), true);
      return std::move(done_);
    }
    node root(keys_, 0);
    root.length = root.shared();
    for (node& k : permitted(std::move(root))) enqueue(k);
    while (!heaviest_.empty()) {
      const node top = heaviest_.top();
      heaviest_.pop();
      const std::vector<node> parts = cut(top);
      const std::size_t count = done_.size() + heaviest_.size() + parts.size();
      if (count <= most_for(top)) {
        for (const node& k : parts) enqueue(k);
      } else {
        finish(top);
      }
    }
    return std::move(done_);
  }

 private:
  class lighter {
   public:
    explicit lighter(const planner& p) : planner_(&p) {}
    bool operator()(const node& a, const node& b) const noexcept {
      const bool a_heavy = planner_->oversized(a);
      const bool b_heavy = planner_->oversized(b);
      if (a_heavy != b_heavy) return b_heavy;
      if (a.keys.size() != b.keys.size()) return a.keys.size() < b.keys.size();
      return a.keys.front() > b.keys.front();
    }

   private:
    const planner* planner_;
  };

  bool each_alone() const noexcept {
    if (keys_.size() > std::min(limits_.singles, limits_.most)) return false;
    const bool by_prefix = std::any_of(present_.begin(), present_.end(),
                                       [](const watch_range& r) { return !r.single; });
    return !by_prefix || keys_.size() <= limits_.singles / 2 || keys_.size() == 1;
  }

  bool oversized(const node& k) const noexcept {
    return !k.single() && costs_.oversized.contains(k.prefix());
  }
  bool unlistable(const node& k) const noexcept {
    return !k.single() && (k.length == 0 || !addressable(k.prefix()) ||
                           costs_.unlistable.contains(k.prefix()));
  }
  /// Whether the present plan asks by several prefixes for what is below this one.
  bool cut_before(const node& k) const noexcept {
    std::size_t below = 0;
    for (auto r = present_.lower_bound(watch_range(std::string(k.prefix()), true));
         below < 2 && r != present_.end() && r->text.starts_with(k.prefix()); ++r) {
      if (!r->single) ++below;
    }
    return below == 2;
  }

  /// Up to how many queries this knot may be cut; none: it is good as it is.
  std::size_t most_for(const node& k) const noexcept {
    if (k.single()) return 0;
    if (oversized(k)) return limits_.most;
    if (cut_before(k)) {
      return k.keys.size() > limits_.target / few_parts ? limits_.most : 0;
    }
    if (k.keys.size() <= limits_.target) return 0;
    const std::size_t wanted = (keys_.size() + limits_.target - 1) / limits_.target;
    return std::min(limits_.most, wanted * broadest);
  }

  void enqueue(const node& k) {
    if (most_for(k) == 0) {
      finish(k);
    } else {
      heaviest_.push(k);
    }
  }

  void finish(const node& k) {
    done_.emplace(std::string(k.single() ? k.keys.front() : k.prefix()), k.single());
  }

  /// The parts of a knot of at least two keys, each with a prefix that may be asked for.
  std::vector<node> cut(const node& k) const {
    std::vector<node> parts;
    const std::size_t shared = k.shared();
    std::size_t begin = 0;
    while (begin < k.keys.size()) {
      std::size_t end = begin + 1;
      if (k.keys[begin].size() > shared) {
        const char next = k.keys[begin][shared];
        const auto other = std::partition_point(
            k.keys.begin() + static_cast<std::ptrdiff_t>(begin), k.keys.end(),
            [&](std::string_view key) { return key[shared] == next; });
        end = static_cast<std::size_t>(other - k.keys.begin());
      }
      for (node& part : permitted(node(k.keys.subspan(begin, end - begin), shared + 1))) {
        parts.push_back(part);
      }
      begin = end;
    }
    return parts;
  }

  /// The knot with the shortest prefix that is no burden: newcomers are likely to be covered. Where
  /// there is none, its parts.
  std::vector<node> permitted(node k) const {
    if (k.single()) return {k};
    if (unlistable(k) || oversized(k)) {
      const std::size_t shared = k.shared();
      if (shared > k.length) k.length = shared;
    }
    if (unlistable(k)) return cut(k);
    return {k};
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
  return planner(keys, present, costs, limits).plan();
}

}  // namespace tenure::core
