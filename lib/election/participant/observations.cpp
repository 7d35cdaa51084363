#include "election/participant/observations.hpp"

#include <algorithm>
#include <utility>

namespace tenure::impl {
namespace {

/// Without the holder.
core::key_observation observation_of(const consul::kv_entry& entry,
                                     const consul::answer_base& answer) {
  core::key_observation s;
  s.exists = true;
  s.empty_value = entry.value.empty();
  s.plain = entry.flags != consul::lock_flags;
  s.create_index = entry.create_index;
  s.modify_index = entry.modify_index;
  s.lock_index = entry.lock_index;
  s.as_of = std::max(answer.index, entry.modify_index);
  s.sent_at = answer.sent_at;
  return s;
}

}  // namespace

core::key_observation observation_of(const consul::kv_result& answer) {
  core::key_observation s;
  if (answer.entry) {
    s = observation_of(*answer.entry, answer);
    s.session = answer.entry->session;
  }
  s.as_of = std::max(s.as_of, answer.index);
  s.linearizable = answer.linearizable;
  s.sent_at = answer.sent_at;
  return s;
}

core::key_observation observation_of_write(const consul::kv_entry& written,
                                           const consul::answer_base& answer, written_key what) {
  core::key_observation s = observation_of(written, answer);
  s.session = std::move(what.holder);
  s.empty_value = what.empty_value;
  s.linearizable = true;
  return s;
}

}  // namespace tenure::impl
