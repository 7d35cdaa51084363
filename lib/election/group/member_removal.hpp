// A member's key and its hand-over notices are deleted together: without the key no member would
// delete the notices.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "consul/types.hpp"

namespace tenure::impl {

enum class removal_scope : std::uint8_t {
  key_and_notices,
  key_only,  ///< the token may not delete the notices
};

/// After a 403: the right for one of the two may be missing, or the token was refused for a while.
constexpr removal_scope after_forbidden(removal_scope tried) noexcept {
  return tried == removal_scope::key_only ? removal_scope::key_and_notices
                                          : removal_scope::key_only;
}

/// One transaction. `guard`: what must hold of the key, which may be missing.
std::vector<consul::txn_op> member_removal(std::string_view group, std::string_view session,
                                           consul::txn_op guard, removal_scope scope);

}  // namespace tenure::impl
