#include "runtime/slab.hpp"

#include <sys/mman.h>

#include <new>

#include "runtime/ensure.hpp"

namespace tenure::runtime {
namespace {

constexpr std::size_t region = 2 * 1024 * 1024;  // a huge page
constexpr std::size_t share = 16 * 1024;         // what a slab takes at once

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // since Linux 6.1
#endif

/// One huge page instead of 512 pages, some milliseconds of work. Before 6.1 the kernel does it at
/// its leisure, and where it cannot do it at all things stay as they are.
void make_huge(std::byte* begin) noexcept {
  ::madvise(begin, region, MADV_HUGEPAGE);
  ::madvise(begin, region, MADV_COLLAPSE);
}

/// What the slabs share, region by region.
class pages {
 public:
  /// `full`: a region of which nothing is left now, if there is one.
  std::byte* take(std::byte*& full) {
    const std::lock_guard lock(mutex_);
    if (next_ == end_) {
      auto* const begin =
          static_cast<std::byte*>(::operator new(region, std::align_val_t(region)));
      // Of a region that is not full yet, only what was used counts as memory of the process.
      ::madvise(begin, region, MADV_NOHUGEPAGE);
      if (end_ != nullptr) full = end_ - region;
      next_ = begin;
      end_ = begin + region;
    }
    return std::exchange(next_, next_ + share);
  }

 private:
  std::mutex mutex_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
};

pages& all_pages() {
  static pages& one = *new pages;
  return one;
}

}  // namespace

class slab::unused {
 public:
  unused* next;
};

slab::slab(std::size_t place) noexcept : place_(place) {
  ensure(place % sizeof(unused) == 0 && place <= largest, "places of a slab are small and aligned");
}

void* slab::take() {
  if constexpr (each_alone) return ::operator new(place_);
  std::byte* full = nullptr;
  void* const taken = take(full);
  if (full != nullptr) make_huge(full);  // nobody waits for it but who asked
  return taken;
}

void* slab::take(std::byte*& full) {
  const std::lock_guard lock(mutex_);
  if (unused_ != nullptr) return std::exchange(unused_, unused_->next);
  if (static_cast<std::size_t>(end_ - next_) < place_) {
    next_ = all_pages().take(full);
    end_ = next_ + share;
  }
  return std::exchange(next_, next_ + place_);
}

void slab::give_back(void* place) noexcept {
  if constexpr (each_alone) return ::operator delete(place);
  const std::lock_guard lock(mutex_);
  unused_ = ::new (place) unused{unused_};
}

}  // namespace tenure::runtime
