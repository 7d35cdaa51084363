// How blocking queries read: what the answers of a poll are worth, and how old they can be.
#pragma once

#include <tenure/time.hpp>

#include "consul/types.hpp"

namespace tenure::impl {

struct poll_options {
  /// How long one poll lasts at most.
  duration wait{0};
  consul::consistency how = consul::consistency::default_;
};

}  // namespace tenure::impl
