#include "command/guardian/lease_page.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>
#include <cerrno>
#include <new>

namespace tenure::command {
namespace {

[[noreturn]] void fail(const char* what) {
  throw boost::system::system_error(errno, boost::system::system_category(), what);
}

time_point at(std::int64_t ns) noexcept { return time_point(duration(ns)); }

}  // namespace

lease_page::lease_page() : descriptor_(::memfd_create("tenure-lease", MFD_CLOEXEC)) {
  if (descriptor_ < 0) fail("memfd_create");
  if (::ftruncate(descriptor_, sizeof(layout)) != 0) fail("ftruncate");
  map();
  new (page_) layout();
  set(lease_times());
}

lease_page::lease_page(int descriptor) : descriptor_(descriptor) {
  map();
  ::close(descriptor_);
  descriptor_ = -1;
}

lease_page::~lease_page() {
  if (page_ != nullptr) ::munmap(page_, sizeof(layout));
  if (descriptor_ >= 0) ::close(descriptor_);
}

void lease_page::map() {
  void* page = ::mmap(nullptr, sizeof(layout), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (page == MAP_FAILED) fail("mmap");
  page_ = static_cast<layout*>(page);
}

void lease_page::set(lease_times t) noexcept {
  page_->kill_at.store(t.kill_at.time_since_epoch().count(), std::memory_order_release);
  page_->stop_at.store(t.stop_at.time_since_epoch().count(), std::memory_order_release);
}

lease_times lease_page::get() const noexcept {
  return lease_times(at(page_->stop_at.load(std::memory_order_acquire)),
                     at(page_->kill_at.load(std::memory_order_acquire)));
}

}  // namespace tenure::command
