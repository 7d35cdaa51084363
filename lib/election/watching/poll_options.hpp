// How blocking queries read: what the answers of a poll are worth, and how old they can be.
#pragma once

#include <cstdint>
#include <tenure/time.hpp>

#include "consul/types.hpp"

namespace tenure::impl {

struct poll_options {
  /// How long one poll lasts at most.
  duration wait{0};
  consul::consistency how = consul::consistency::default_;
  /// How many answers in a row may come within 20 ms each before they cost a pause. Few where the
  /// coming and going of each watcher wakes all others, with all the keys.
  std::uint64_t quick_answers = 4;
  /// See storm_rule.
  duration after_change{0};
};

}  // namespace tenure::impl
