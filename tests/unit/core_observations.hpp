// Observations of a key, for tests.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "core/candidate/key_history.hpp"

namespace tenure::test {

inline time_point at(double seconds) {
  return time_point(
      std::chrono::duration_cast<duration>(std::chrono::duration<double>(1000 + seconds)));
}

inline core::key_observation missing(std::uint64_t as_of) {
  core::key_observation s;
  s.as_of = as_of;
  return s;
}

/// Created at 5, acquired once.
inline core::key_observation free_clean(std::uint64_t index) {
  core::key_observation s;
  s.exists = true;
  s.create_index = 5;
  s.modify_index = s.as_of = index;
  s.lock_index = 1;
  return s;
}

inline core::key_observation free_dirty(std::uint64_t index) {
  core::key_observation s = free_clean(index);
  s.empty_value = false;
  return s;
}

inline core::key_observation held_by(std::string session, std::uint64_t index) {
  core::key_observation s = free_dirty(index);
  s.session = std::move(session);
  return s;
}

/// The same observation from a ?consistent read or a write, sent at `sent`.
inline core::key_observation surely(core::key_observation s, time_point sent) {
  s.linearizable = true;
  s.sent_at = sent;
  return s;
}

}  // namespace tenure::test
