// The notices of the hand-overs in one transaction (core/group/hand_over_notice): two operations
// for each recipient, at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <vector>

#include "core/group/hand_over_notice.hpp"
#include "election/acquisition/lock_op.hpp"

namespace tenure::impl {

/// Names the keys of the notices. A notice lasts until several others have been written: a
/// recipient that reads slowly finds them all.
class notice_writer {
 public:
  /// Consul refused to write a notice: none are written for a while.
  void refused(time_point now) noexcept;
  bool open(time_point now) const noexcept { return now >= closed_until_; }
  /// A number for the notices of the next transaction.
  std::uint64_t next() noexcept;

 private:
  std::uint64_t next_ = 0;
  time_point closed_until_ = time_point::min();
};

/// Collects the notices of one transaction.
class notices_of_batch {
 public:
  void add(const lock_op& op);
  bool has(std::string_view prefix) const { return by_prefix_.contains(prefix); }
  std::size_t operations() const noexcept { return by_prefix_.size() * 2; }
  void append_to(std::vector<consul::txn_op>& ops, notice_writer& writer) const;

 private:
  struct notice {
    std::string holder;
    std::vector<core::handed_key> keys;
  };
  std::map<std::string, notice, std::less<>> by_prefix_;
};

}  // namespace tenure::impl
