// What a group needs of the elections object that joined it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "election/participant/profile.hpp"

namespace tenure::impl {

class group_core;
class participant;

class group_owner {
 public:
  group_owner() = default;
  group_owner(const group_owner&) = delete;
  group_owner& operator=(const group_owner&) = delete;

  virtual std::shared_ptr<participant> enter(std::string key,
                                             std::shared_ptr<const profile> how) = 0;
  /// All of the group's participants hand over what they lead, and leave; then the group ends.
  virtual boost::asio::awaitable<void> leave_group(std::shared_ptr<group_core> which) = 0;

 protected:
  ~group_owner() = default;
};

}  // namespace tenure::impl
