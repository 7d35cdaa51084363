// The notices of hand-overs to this process (core/group/hand_over_notice): it watches
// `<group>/handed/<its session>/`, and the participants of the keys learn from a notice what a read
// of their key would have shown. A notice that is lost costs time only: the watch of the key shows
// the hand-over as well.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/candidacy.hpp>
#include <vector>

#include "consul/types.hpp"
#include "election/context.hpp"

namespace tenure::impl {

/// `<group>/handed/<session>/`
std::string notices_prefix(std::string_view group, std::string_view session);

class hand_over_notices {
 public:
  /// `how`: the candidacy of the group's elections.
  hand_over_notices(std::shared_ptr<context> shared, std::string group, const candidacy& how);
  ~hand_over_notices();
  hand_over_notices(const hand_over_notices&) = delete;
  hand_over_notices& operator=(const hand_over_notices&) = delete;

  /// The session under which this process is a member; empty: none now.
  void session_is(const std::string& session);
  /// Watches no more. What is kept for the present session goes with the member's key.
  void close() noexcept;

 private:
  class inbox;

  const std::shared_ptr<context> shared_;
  const std::string group_;
  const duration wait_;
  const std::string value_;
  std::shared_ptr<inbox> inbox_;
};

}  // namespace tenure::impl
