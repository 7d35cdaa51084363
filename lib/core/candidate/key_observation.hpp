// A key as one answer of Consul shows it.
#pragma once

#include <cstdint>
#include <tenure/time.hpp>

#include "core/util/session_id.hpp"

namespace tenure::core {

class key_observation {
 public:
  bool exists = false;
  bool empty_value = true;
  bool plain = false;   ///< written without the flags of locks: by other tools, by hand
  session_id session;   ///< of the holder; empty: none
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t lock_index = 0;
  std::uint64_t as_of = 0;    ///< X-Consul-Index of the answer
  /// A ?consistent read or poll, or the result of a write: what it shows was so at some moment
  /// since the request was sent, which may be long ago.
  bool linearizable = false;
  time_point sent_at{};  ///< of the request

  bool held() const noexcept { return exists && !session.empty(); }
  /// Observations of a key are ordered by this: the index of the last write that the answer shows.
  std::uint64_t order() const noexcept { return exists ? modify_index : as_of; }
};

}  // namespace tenure::core
