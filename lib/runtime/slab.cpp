#include "runtime/slab.hpp"

#include <sys/mman.h>

#include <new>

#include "runtime/must.hpp"

namespace tenure::runtime {
namespace {

constexpr std::size_t huge_page = 2 * 1024 * 1024;
constexpr std::size_t share = 16 * 1024;  // what a slab takes at once

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // since Linux 6.1
#endif

// Under AddressSanitizer each place is alone: what leaks, or is used after its end, is seen.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool alone = true;
#elif defined(__has_feature)
constexpr bool alone = __has_feature(address_sanitizer);
#else
constexpr bool alone = false;
#endif

/// What the slabs share. Only pages that are used count as memory of the process.
class pages {
 public:
  std::byte* take() {
    const std::lock_guard lock(mutex_);
    if (next_ == end_) {
      // Full: one huge page instead of 512. A kernel that cannot do it leaves things as they are.
      if (end_ != nullptr) ::madvise(end_ - huge_page, huge_page, MADV_COLLAPSE);
      next_ = static_cast<std::byte*>(::operator new(huge_page, std::align_val_t(huge_page)));
      end_ = next_ + huge_page;
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
  must(place >= sizeof(unused) && place <= 4096, "a slab is for small things");
}

void* slab::take() {
  if constexpr (alone) return ::operator new(place_);
  const std::lock_guard lock(mutex_);
  if (unused_ != nullptr) return std::exchange(unused_, unused_->next);
  if (static_cast<std::size_t>(end_ - next_) < place_) {
    next_ = all_pages().take();
    end_ = next_ + share;
  }
  return std::exchange(next_, next_ + place_);
}

void slab::give_back(void* place) noexcept {
  if constexpr (alone) return ::operator delete(place);
  const std::lock_guard lock(mutex_);
  unused_ = ::new (place) unused{unused_};
}

}  // namespace tenure::runtime
