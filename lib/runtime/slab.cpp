#include "runtime/slab.hpp"

#include <sys/mman.h>

#include <new>
#include <vector>

#include "runtime/ensure.hpp"

namespace tenure::runtime {
namespace {

constexpr std::size_t region = 2 * 1024 * 1024;  // a huge page
constexpr std::size_t share = 16 * 1024;         // what a slab takes from it at once

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // since Linux 6.1
#endif

/// The regions, which all slabs share.
class pages {
 public:
  std::byte* take() {
    const std::lock_guard lock(mutex_);
    if (next_ == end_) {
      auto* const begin =
          static_cast<std::byte*>(::operator new(region, std::align_val_t(region)));
      // Until the region is full, only its used pages count as memory of the process.
      ::madvise(begin, region, MADV_NOHUGEPAGE);
      if (end_ != nullptr) full_.push_back(end_ - region);
      next_ = begin;
      end_ = begin + region;
    }
    return std::exchange(next_, next_ + share);
  }

  /// A region that is full and still consists of small pages; null if there is none.
  std::byte* take_full() noexcept {
    const std::lock_guard lock(mutex_);
    if (full_.empty()) return nullptr;
    std::byte* const one = full_.back();
    full_.pop_back();
    return one;
  }

 private:
  std::mutex mutex_;
  std::vector<std::byte*> full_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

pages& all_pages() {
  static pages& one = *new pages;
  return one;
}

}  // namespace

class slab::free_slot {
 public:
  free_slot* next;
};

slab::slab(std::size_t slot_size) noexcept : slot_size_(slot_size) {
  ensure(slot_size % sizeof(free_slot) == 0 && slot_size <= largest,
         "slots of a slab are small and aligned");
}

void* slab::take() {
  if constexpr (passthrough_under_asan) return ::operator new(slot_size_);
  const std::lock_guard lock(mutex_);
  if (free_ != nullptr) return std::exchange(free_, free_->next);
  if (static_cast<std::size_t>(end_ - next_) < slot_size_) {
    next_ = all_pages().take();
    end_ = next_ + share;
  }
  return std::exchange(next_, next_ + slot_size_);
}

void slab::give_back(void* slot) noexcept {
  if constexpr (passthrough_under_asan) return ::operator delete(slot);
  const std::lock_guard lock(mutex_);
  free_ = ::new (slot) free_slot{free_};
}

void make_full_region_huge() noexcept {
  std::byte* const full = all_pages().take_full();
  if (full == nullptr) return;
  ::madvise(full, region, MADV_HUGEPAGE);
  ::madvise(full, region, MADV_COLLAPSE);
}

}  // namespace tenure::runtime
