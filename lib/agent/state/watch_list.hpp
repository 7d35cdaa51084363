// Intrusive lists of watchers. A write wakes the few queries that it concerns without a search
// through ten thousand parked ones.
#pragma once

namespace tenure::agent {

class watch_link {
 public:
  watch_link* next = nullptr;
  watch_link* previous = nullptr;
};

/// Waits for one change, in at most one list at a time. Leaves its list when destroyed.
class watcher : public watch_link {
 public:
  watcher() = default;
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  ~watcher() { leave(); }

  bool waiting() const noexcept { return next != nullptr; }
  void leave() noexcept {
    if (next == nullptr) return;
    next->previous = previous;
    previous->next = next;
    next = previous = nullptr;
  }
};

/// Watchers in the order of their arrival.
class watch_list {
 public:
  watch_list() noexcept { clear(); }
  watch_list(const watch_list&) = delete;
  watch_list& operator=(const watch_list&) = delete;
  ~watch_list() {
    while (take_first() != nullptr) {
    }
  }

  bool empty() const noexcept { return head_.next == &head_; }

  void add(watcher& w) noexcept {
    w.leave();
    w.previous = head_.previous;
    w.next = &head_;
    head_.previous->next = &w;
    head_.previous = &w;
  }

  /// Moves all watchers of `other` to the end of this list, in constant time.
  void take(watch_list& other) noexcept {
    if (other.empty()) return;
    watch_link* first = other.head_.next;
    watch_link* last = other.head_.previous;
    other.clear();
    first->previous = head_.previous;
    head_.previous->next = first;
    last->next = &head_;
    head_.previous = last;
  }

  /// Removes and returns the watcher that came first; null if the list is empty.
  watcher* take_first() noexcept {
    if (empty()) return nullptr;
    auto* first = static_cast<watcher*>(head_.next);
    first->leave();
    return first;
  }

 private:
  void clear() noexcept { head_.next = head_.previous = &head_; }

  watch_link head_;
};

}  // namespace tenure::agent
