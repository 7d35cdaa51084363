// Memory for what there is by the thousand: side by side, and in huge pages where there is much.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>

namespace tenure::runtime {

/// Places of one size, taken from pages that the slabs of a process share. A place that is given
/// back goes to the next one who asks; the pages stay. Any thread.
class slab {
 public:
  /// `place`: in bytes; no more than a page, and a multiple of its alignment, which is 16 at most.
  explicit slab(std::size_t place) noexcept;
  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  void* take();
  void give_back(void* place) noexcept;

 private:
  class unused;

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
    static_assert(alignof(T) <= 16);
    static slab& one = *new slab(sizeof(T));  // for ever: a handle may outlive main()
    return one;
  }
};

/// Like std::make_shared. The place is free again when the last handle is gone, weak ones included.
template <class T, class... Arguments>
std::shared_ptr<T> make_in_slab(Arguments&&... arguments) {
  return std::allocate_shared<T>(slab_allocator<T>(), std::forward<Arguments>(arguments)...);
}

}  // namespace tenure::runtime
