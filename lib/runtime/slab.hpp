// Memory for what there is by the thousand: side by side, and in huge pages where there is much.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>

namespace tenure::runtime {

/// Places of one size, taken from regions that the slabs of a process share. A place that is given
/// back goes to the next one who asks; the regions stay. Any thread.
class slab {
 public:
  static constexpr std::size_t largest = 4096;

  /// Whether each place is allocated by itself: under AddressSanitizer, so that what leaks, or is
  /// used after its end, is seen.
#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool each_alone = true;
#elif defined(__has_feature)
  static constexpr bool each_alone = __has_feature(address_sanitizer);
#else
  static constexpr bool each_alone = false;
#endif

  /// `place`: in bytes, a multiple of 8, and of 16 for what is aligned to 16; `largest` at most.
  explicit slab(std::size_t place) noexcept;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  /// A call in thousands takes some milliseconds: it makes a huge page of a region that is full.
  void* take();
  void give_back(void* place) noexcept;

 private:
  class unused;

  void* take(std::byte*& full);

  const std::size_t place_;
  std::mutex mutex_;
  unused* unused_ = nullptr;
  std::byte* next_ = nullptr;  // behind it nothing was taken yet, up to
  std::byte* end_ = nullptr;
};

/// For containers and shared pointers whose elements are to lie in slabs, each type in one of its
/// own, which lives as long as the process.
template <class T>
class slab_allocator {
 public:
  using value_type = T;

  slab_allocator() noexcept = default;
  template <class U>
  slab_allocator(const slab_allocator<U>&) noexcept {}

  T* allocate(std::size_t count) {
    return static_cast<T*>(count == 1 ? home().take() : ::operator new(count * sizeof(T)));
  }
  void deallocate(T* place, std::size_t count) noexcept {
    count == 1 ? home().give_back(place) : ::operator delete(place);
  }

  friend bool operator==(const slab_allocator&, const slab_allocator&) noexcept { return true; }

 private:
  static slab& home() {
    static_assert(alignof(T) <= 16 && sizeof(T) % 8 == 0 && sizeof(T) <= slab::largest);
    static slab& one = *new slab(sizeof(T));  // for ever: a handle may outlive main()
    return one;
  }
};

/// Like std::make_shared. The place is free again when the last handle is gone, weak ones included.
template <class T, class... Arguments>
std::shared_ptr<T> make_in_slab(Arguments&&... arguments) {
  return std::allocate_shared<T>(slab_allocator<std::remove_cv_t<T>>(),
                                 std::forward<Arguments>(arguments)...);
}

}  // namespace tenure::runtime
