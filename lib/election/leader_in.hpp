// The leader that an answer about a key shows.
#pragma once

#include <string>
#include <tenure/leader.hpp>

#include "consul/types.hpp"

namespace tenure::impl {

/// The holder of the key; not present() where the key is free or missing.
leader leader_in(const std::string& key, const consul::kv_result& answer);

}  // namespace tenure::impl
