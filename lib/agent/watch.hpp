// Who waits for what: intrusive lists of watchers, so that ten thousand parked queries cost no
// search when a write wakes a few of them.
#pragma once

namespace tenure::agent {

/// Somebody who waits for a change, in at most one list at a time. Leaves its list when destroyed.
class watcher {
 public:
  watcher() = default;
  watcher(const watcher&) = delete;
  watcher& operator=(const watcher&) = delete;
  ~watcher() { leave(); }

  bool waiting() const noexcept { return next_ != nullptr; }
  void leave() noexcept {
    if (next_ == nullptr) return;
    next_->previous_ = previous_;
    previous_->next_ = next_;
    next_ = previous_ = nullptr;
  }

 private:
  friend class watch_list;
  watcher* next_ = nullptr;
  watcher* previous_ = nullptr;
};

/// Watchers in the order in which they came.
class watch_list {
 public:
  watch_list() noexcept { clear(); }
  watch_list(const watch_list&) = delete;
  watch_list& operator=(const watch_list&) = delete;
  ~watch_list() {
    while (take_first() != nullptr) {
    }
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const noexcept { return head_.next_ == &head_; }

  void add(watcher& w) noexcept {
    w.leave();
    w.previous_ = head_.previous_;
    w.next_ = &head_;
    head_.previous_->next_ = &w;
    head_.previous_ = &w;
  }

  /// Moves everybody of `other` behind those who are here, at a constant price.
  void take(watch_list& other) noexcept {
    if (other.empty()) return;
    watcher* first = other.head_.next_;
    watcher* last = other.head_.previous_;
    other.clear();
    first->previous_ = head_.previous_;
    head_.previous_->next_ = first;
    last->next_ = &head_;
    head_.previous_ = last;
  }

  /// Removes and returns who came first; null where nobody is left.
  watcher* take_first() noexcept {
    if (empty()) return nullptr;
    watcher* first = head_.next_;
    first->leave();
    return first;
  }

 private:
  void clear() noexcept { head_.next_ = head_.previous_ = &head_; }

  watcher head_;
};

}  // namespace tenure::agent
