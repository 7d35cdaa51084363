// What a transaction has for each recipient of a hand-over, after the operations of the keys: a
// check that it is a member still, and a notice (core/group/hand_over_notice).
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

/// Why the checks of recipients failed, by the key of the member.
using refused_recipients = std::map<std::string, const consul::txn_error*>;

/// Collects the recipients of one transaction.
class recipients_of_batch {
 public:
  void add(const lock_op& op);
  /// With the notices.
  std::size_t operations() const noexcept { return members_.size() + notices_.size() * 2; }
  void append_checks(std::vector<consul::txn_op>& ops) const;
  /// `first`: where in the transaction the checks begin. The result points into `failures`.
  refused_recipients refused(const std::vector<consul::txn_error>& failures,
                             std::size_t first) const;
  void append_notices(std::vector<consul::txn_op>& ops, notice_writer& writer) const;

 private:
  struct notice {
    std::string holder;
    std::vector<core::handed_key> keys;
  };
  std::map<std::string, std::string> members_;  ///< the session of each by its key
  std::map<std::string, notice> notices_;       ///< by prefix
};

}  // namespace tenure::impl
