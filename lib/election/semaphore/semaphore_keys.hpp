// The keys of a semaphore as consul/api lays them out, and the transactions on them. See
// core::slots for what they mean.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "consul/types.hpp"
#include "core/semaphore/slots.hpp"

namespace tenure::impl {

/// The semaphore's keys as one answer shows them. `good` is false if `.lock` is not a semaphore's;
/// `holders` is empty then.
class semaphore_reading : public core::semaphore_state {
 public:
  bool good = true;
};

class semaphore_keys {
 public:
  explicit semaphore_keys(std::string prefix)
      : prefix_(std::move(prefix)), lock_(prefix_ + "/.lock"), below_(prefix_ + "/") {}

  const std::string& prefix() const noexcept { return prefix_; }
  /// `<prefix>/.lock`.
  const std::string& lock() const noexcept { return lock_; }
  /// `<prefix>/`, to list or watch all of it.
  const std::string& below() const noexcept { return below_; }
  /// The contender key of a session.
  std::string contender(const std::string& session) const { return below_ + session; }

  semaphore_reading read(const consul::kv_list& answer, consul::consistency how) const;

  /// Locks the contender key, with the value that the contender publishes.
  consul::txn_op enroll(const std::string& session, std::string value) const;
  /// Checks that the session still locks its contender key.
  consul::txn_op check_contender(const std::string& session) const;
  /// Checks that `.lock` still has the index of what was read (0: that it does not exist).
  consul::txn_op check_lock(std::uint64_t index) const;
  /// Writes `.lock`, if it still has the index of what was read (0: if it does not exist).
  consul::txn_op name_holders(std::uint64_t limit, std::set<std::string> holders,
                              std::uint64_t index) const;

 private:
  std::string prefix_;
  std::string lock_;
  std::string below_;
};

}  // namespace tenure::impl
