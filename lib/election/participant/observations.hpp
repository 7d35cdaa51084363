// What Consul's answers say of a key, in core's words.
#pragma once

#include "consul/types.hpp"
#include "core/candidate/key_history.hpp"

namespace tenure::impl {

/// `linearizable`: the answer to a ?consistent read.
core::key_observation observation_of(const consul::kv_result& answer, bool linearizable);

/// The key as a transaction of ours wrote it. Consul returns it without its value, so whether that
/// is empty, and who holds the key now, is for the writer to say.
core::key_observation observation_of_write(const consul::kv_entry& written, const consul::answer_base& answer,
                               std::string holder, bool empty_value);

}  // namespace tenure::impl
