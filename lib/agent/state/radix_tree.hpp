// An ordered map as a compressed radix tree whose nodes can be watched, like Consul's
// go-immutable-radix. The shape of Consul's trees decides which blocking queries a write wakes: the
// watcher of an existing key waits at its leaf; the watcher of a missing key or of a prefix waits
// at the deepest node on the path, and every change below that node wakes it, relevant or not. The
// same tree gives the same wake-ups, without a search through the watchers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/state/watch_list.hpp"

namespace tenure::agent {

/// A value keeps its address while it is in the tree.
template <class Value>
class radix_tree {
 public:
  radix_tree() = default;
  radix_tree(const radix_tree&) = delete;
  radix_tree& operator=(const radix_tree&) = delete;
  ~radix_tree() { destroy_below(root_); }

  std::size_t size() const noexcept { return size_; }

  Value* find(std::string_view key) const noexcept {
    const node* at = &root_;
    while (!key.empty()) {
      at = at->child(key[0]);
      if (at == nullptr || !key.starts_with(at->prefix)) return nullptr;
      key.remove_prefix(at->prefix.size());
    }
    return at->value.get();
  }

  /// The value at `key`, created if missing, for the caller to change. The watchers of the value
  /// and of every node on the path move into `woken`.
  Value& change(std::string_view key, watch_list& woken) {
    node* at = &root_;
    while (true) {
      woken.take(at->on_node);
      if (key.empty()) {
        woken.take(at->on_leaf);
        if (!at->value) fill(*at);
        return *at->value;
      }
      std::unique_ptr<node>* edge = at->edge(key[0]);
      if (edge == nullptr) return *fill(at->add(std::make_unique<node>(key))).value;
      const std::size_t common = common_length(key, (*edge)->prefix);
      if (common < (*edge)->prefix.size()) {
        woken.take((*edge)->on_node);
        split(*edge, common);
      }
      at = edge->get();
      key.remove_prefix(common);
    }
  }

  /// Removes the value at `key` and wakes as change() does; no effect if there is none.
  void erase(std::string_view key, watch_list& woken) {
    if (find(key) == nullptr) return;
    node* parent = nullptr;
    node* at = &root_;
    woken.take(at->on_node);
    while (!key.empty()) {
      parent = at;
      at = at->child(key[0]);
      woken.take(at->on_node);
      key.remove_prefix(at->prefix.size());
    }
    woken.take(at->on_leaf);
    at->value.reset();
    --size_;
    if (at == &root_) return;
    if (at->edges.size() == 1) {
      merge(*at, woken);
    } else if (at->edges.empty()) {
      parent->remove(at);
      if (parent != &root_ && parent->edges.size() == 1 && !parent->value) merge(*parent, woken);
    }
  }

  /// Calls `visit(value)` for every value whose key starts with `prefix`, in the order of the
  /// keys, until it returns false.
  template <class Visit>
  void for_each(std::string_view prefix, Visit visit) const {
    const node* top = &root_;
    while (!prefix.empty()) {
      top = top->child(prefix[0]);
      if (top == nullptr) return;
      const std::size_t common = common_length(prefix, top->prefix);
      if (common < top->prefix.size() && common < prefix.size()) return;
      prefix.remove_prefix(common);
    }
    std::vector<const node*> pending{top};
    while (!pending.empty()) {
      const node* at = pending.back();
      pending.pop_back();
      if (at->value && !visit(*at->value)) return;
      for (auto e = at->edges.rbegin(); e != at->edges.rend(); ++e) pending.push_back(e->get());
    }
  }

  /// Where to wait for a change of the value at `key`, which need not exist.
  watch_list& watch(std::string_view key) noexcept {
    node* at = &root_;
    while (true) {
      if (key.empty() && at->value) return at->on_leaf;
      node* next = key.empty() ? nullptr : at->child(key[0]);
      if (next == nullptr) return at->on_node;
      at = next;
      // A key that diverges in the middle of an edge waits at the edge's lower end: inserting the
      // key splits, and so changes, the node there.
      if (!key.starts_with(at->prefix)) return at->on_node;
      key.remove_prefix(at->prefix.size());
    }
  }

  /// Where to wait for a change of any key that starts with `prefix`.
  watch_list& watch_below(std::string_view prefix) noexcept {
    node* at = &root_;
    while (!prefix.empty()) {
      node* next = at->child(prefix[0]);
      if (next == nullptr) break;
      at = next;
      const std::size_t common = common_length(prefix, at->prefix);
      if (common < at->prefix.size()) break;
      prefix.remove_prefix(common);
    }
    return at->on_node;
  }

 private:
  struct node {
    node() = default;
    explicit node(std::string_view text) : prefix(text) {}

    static unsigned char label(const std::unique_ptr<node>& child) noexcept {
      return static_cast<unsigned char>(child->prefix[0]);
    }
    auto lower_bound(char first) noexcept {
      return std::lower_bound(
          edges.begin(), edges.end(), static_cast<unsigned char>(first),
          [](const std::unique_ptr<node>& child, unsigned char c) { return label(child) < c; });
    }
    std::unique_ptr<node>* edge(char first) noexcept {
      const auto found = lower_bound(first);
      return found != edges.end() && (*found)->prefix[0] == first ? &*found : nullptr;
    }
    node* child(char first) const noexcept {
      auto* found = const_cast<node*>(this)->edge(first);
      return found == nullptr ? nullptr : found->get();
    }
    node& add(std::unique_ptr<node> child) {
      return **edges.insert(lower_bound(child->prefix[0]), std::move(child));
    }
    void remove(const node* child) noexcept { edges.erase(lower_bound(child->prefix[0])); }

    std::string prefix;
    std::unique_ptr<Value> value;
    std::vector<std::unique_ptr<node>> edges;  ///< ordered by the first byte of their prefix
    watch_list on_node;
    watch_list on_leaf;
  };

  static std::size_t common_length(std::string_view a, std::string_view b) noexcept {
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<std::size_t>(differ.first - a.begin());
  }

  node& fill(node& at) {
    at.value = std::make_unique<Value>();
    ++size_;
    return at;
  }

  /// Inserts a node in the middle of an edge.
  static void split(std::unique_ptr<node>& edge, std::size_t at) {
    auto upper = std::make_unique<node>(std::string_view(edge->prefix).substr(0, at));
    edge->prefix.erase(0, at);
    upper->edges.push_back(std::move(edge));
    edge = std::move(upper);
  }

  /// Merges a node without a value with its only child.
  static void merge(node& at, watch_list& woken) {
    const std::unique_ptr<node> child = std::move(at.edges.front());
    woken.take(child->on_node);
    at.on_leaf.take(child->on_leaf);
    at.prefix += child->prefix;
    at.value = std::move(child->value);
    at.edges = std::move(child->edges);
  }

  /// Without recursion: clients control the depth of the tree.
  static void destroy_below(node& top) {
    std::vector<std::unique_ptr<node>> pending = std::move(top.edges);
    while (!pending.empty()) {
      const std::unique_ptr<node> at = std::move(pending.back());
      pending.pop_back();
      for (auto& edge : at->edges) pending.push_back(std::move(edge));
    }
  }

  node root_;
  std::size_t size_ = 0;
};

}  // namespace tenure::agent
