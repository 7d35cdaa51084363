// A fair queue. Items that are added between two take() calls form a burst; bursts are served round
// robin, so a single item never waits behind a burst of thousands.
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

  /// Adds to the newest burst. The first item after a take() begins another burst.
  void add(T item) {
    if (!adding_) bursts_.emplace_back();
    adding_ = true;
    bursts_.back().items.push_back(std::move(item));
    ++size_;
  }

  /// Takes the first item of the burst whose turn it is, then further items for as long as `fits`
  /// accepts them, those of the next bursts included. A burst that gave something and has more goes
  /// to the back; one whose first item did not fit keeps its turn. `before` orders the items of a
  /// burst.
  template <class Fits, class Before>
  std::vector<T> take(Fits fits, Before before) {
    std::vector<T> taken;
    if (std::exchange(adding_, false)) {
      std::vector<T>& newest = bursts_.back().items;
      std::stable_sort(newest.begin(), newest.end(), before);
    }
    bool full = false;
    while (!full && !bursts_.empty()) {
      burst& first = bursts_.front();
      const std::size_t begin = first.next;
      while (!full && first.next < first.items.size()) {
        T& item = first.items[first.next];
        const bool fitting = fits(item);  // is asked about the first item too: it counts them
        full = !fitting && !taken.empty();
        if (full) break;
        taken.push_back(std::move(item));
        ++first.next;
        --size_;
      }
      const bool used_up = first.next == first.items.size();
      const bool gave = first.next != begin;
      if (!used_up && gave) bursts_.push_back(std::move(first));
      if (used_up || gave) bursts_.pop_front();
    }
    return taken;
  }

 private:
  struct burst {
    std::vector<T> items;
    std::size_t next = 0;
  };
  std::deque<burst> bursts_;
  std::size_t size_ = 0;
  bool adding_ = false;
};

}  // namespace tenure::core
