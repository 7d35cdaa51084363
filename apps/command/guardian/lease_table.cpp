#include "command/guardian/lease_table.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>

namespace tenure::command {
namespace {

static_assert(std::atomic<std::int64_t>::is_always_lock_free);
static_assert(sizeof(lease_slot) == 64);

constexpr std::size_t bytes = lease_table::size * sizeof(lease_slot);

[[noreturn]] void fail(int error, const char* what) {
  throw boost::system::system_error(error, boost::system::system_category(), what);
}

time_point at(std::int64_t ns) noexcept { return time_point(duration(ns)); }

}  // namespace

void lease_slot::set(lease_times t) noexcept {
  kill_at.store(t.kill_at.time_since_epoch().count(), std::memory_order_release);
  stop_at.store(t.stop_at.time_since_epoch().count(), std::memory_order_release);
}

lease_times lease_slot::get() const noexcept {
  return lease_times(at(stop_at.load(std::memory_order_acquire)),
                     at(kill_at.load(std::memory_order_acquire)));
}

// The kernel gives pages to the slots that are used.
lease_table::lease_table() : descriptor_(::memfd_create("tenure-leases", MFD_CLOEXEC)) {
  if (descriptor_ < 0) fail(errno, "memfd_create");
  if (::ftruncate(descriptor_, bytes) != 0) fail(errno, "ftruncate");
  map();
}

lease_table::lease_table(int descriptor) : descriptor_(descriptor) {
  map();
  ::close(descriptor_);
  descriptor_ = -1;
}

lease_table::~lease_table() {
  if (slots_ != nullptr) ::munmap(slots_, bytes);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void lease_table::map() {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (memory == MAP_FAILED) fail(errno, "mmap");
  slots_ = static_cast<lease_slot*>(memory);
}

std::uint32_t lease_table::take() {
  std::uint32_t number = unused_;
  if (!free_.empty()) {
    number = free_.back();
    free_.pop_back();
  } else if (unused_ == size) {
    fail(EAGAIN, "too many commands run");
  } else {
    ++unused_;
  }
  lease_slot& slot = slots_[number];
  slot.guardian.store(0);
  slot.command.store(0);
  slot.set(lease_times());
  return number;
}

}  // namespace tenure::command
