// A line in which bursts take turns: what arrives together stands together, and whoever comes
// alone does not wait behind all of a burst of thousands.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

namespace tenure::core {

template <class T>
class fair_queue {
 public:
  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }

  /// Joins the burst that is arriving; the first one after a take() begins another.
  void add(T item) {
    if (!arriving_) lines_.emplace_back();
    arriving_ = true;
    lines_.back().items.push_back(std::move(item));
    ++size_;
  }

  /// The first of the burst whose turn it is, and what follows for as long as `fits` says so,
  /// the next bursts' included. What is left of a burst stands behind the others then. Within a
  /// burst they go as `before` orders them.
  template <class Fits, class Before>
  std::vector<T> take(Fits fits, Before before) {
    std::vector<T> taken;
    if (std::exchange(arriving_, false)) {
      std::vector<T>& newest = lines_.back().items;
      std::stable_sort(newest.begin(), newest.end(), before);
    }
    bool full = false;
    while (!full && !lines_.empty()) {
      line& first = lines_.front();
      while (!full && first.next < first.items.size()) {
        T& item = first.items[first.next];
        full = !taken.empty() && !fits(item);
        if (full) break;
        if (taken.empty()) fits(item);
        taken.push_back(std::move(item));
        ++first.next;
        --size_;
      }
      if (first.next < first.items.size()) lines_.push_back(std::move(first));
      lines_.pop_front();
    }
    return taken;
  }

 private:
  class line {
   public:
    std::vector<T> items;
    std::size_t next = 0;
  };
  std::deque<line> lines_;
  std::size_t size_ = 0;
  bool arriving_ = false;
};

}  // namespace tenure::core
