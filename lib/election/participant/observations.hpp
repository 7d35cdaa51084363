// Consul's answers about a key as observations for core.
#pragma once

#include "consul/types.hpp"
#include "core/candidate/key_history.hpp"
#include "core/util/session_id.hpp"

namespace tenure::impl {

/// By the watch or by a read.
core::key_observation observation_of(const consul::kv_result& answer);

/// What a transaction of ours wrote that Consul does not return.
struct written_key {
  core::session_id holder;  ///< empty: none
  bool empty_value = false;
};

/// The key as a transaction of ours wrote it.
core::key_observation observation_of_write(const consul::kv_entry& written,
                                           const consul::answer_base& answer, written_key what);

}  // namespace tenure::impl
