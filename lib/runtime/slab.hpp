// An allocator for objects that exist by the thousand: they lie side by side, and in huge pages
// where they fill one.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace tenure::runtime {

/// Slots of one size, in regions that all slabs of a process share. A slot that was given back is
/// the next one to be taken; regions are never returned to the system. Any thread.
class slab {
 public:
  static constexpr std::size_t largest = 4096;

  /// Under AddressSanitizer each slot is an allocation by itself, so that leaks and uses after the
  /// end are detected.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool passthrough_under_asan = true;
#elif defined(__has_feature)
  static constexpr bool passthrough_under_asan = __has_feature(address_sanitizer);
#else
  static constexpr bool passthrough_under_asan = false;
#endif

  /// `slot_size`: in bytes, at most `largest`; a multiple of 8, or of 16 for types aligned to 16.
  explicit slab(std::size_t slot_size) noexcept;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  void* take();
  void give_back(void* slot) noexcept;

 private:
  class free_slot;

  const std::size_t slot_size_;
  std::mutex mutex_;
  free_slot* free_ = nullptr;  // a list of what was given back
  std::byte* next_ = nullptr;  // [next_, end_) was never taken
  std::byte* end_ = nullptr;
};

/// Makes one huge page of the 512 small ones of a region that all slabs share and that has become
/// full, if there is one. That takes 2 to 9 milliseconds: to be called now and then, when nothing
/// is urgent. A kernel before 6.1 does it in the background at some later time; if it
/// cannot, the small pages stay. Any thread.
void make_full_region_huge() noexcept;

/// Lets containers and shared pointers keep their elements in slabs. Each type has one slab, which
/// lives as long as the process.
template <class T>
class slab_allocator {
 public:
  using value_type = T;

  slab_allocator() noexcept = default;
  template <class U>
  slab_allocator(const slab_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    void* const memory = count == 1 ? slab_of_type().take() : ::operator new(count * sizeof(T));
    return static_cast<T*>(memory);
  }
  void deallocate(T* elements, std::size_t count) noexcept {
    count == 1 ? slab_of_type().give_back(elements) : ::operator delete(elements);
  }

  friend bool operator==(const slab_allocator&, const slab_allocator&) noexcept { return true; }

 private:
  static slab& slab_of_type() {
    static_assert(alignof(T) <= 16 && sizeof(T) % 8 == 0 && sizeof(T) <= slab::largest);
    static slab& one = *new slab(sizeof(T));  // never destroyed: a handle may outlive main()
    return one;
  }
};

/// Like std::make_shared. The slot is free again when the last handle is gone, weak ones included.
template <class T, class... Arguments>
std::shared_ptr<T> make_in_slab(Arguments&&... arguments) {
  return std::allocate_shared<T>(slab_allocator<std::remove_cv_t<T>>(),
                                 std::forward<Arguments>(arguments)...);
}

}  // namespace tenure::runtime
