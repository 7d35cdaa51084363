// What the operations of the client share.
#pragma once

#include <string>
#include <utility>

#include "consul/call.hpp"

namespace tenure::consul {

/// Moves what every answer has.
inline void take(reply& from, answer_base& to) {
  to.error = from.error;
  to.detail = std::move(from.detail);
  to.sent_at = from.sent_at;
  to.received_at = from.received_at;
  to.index = from.index;
}

/// The answer came, but it is no good.
inline void fail(answer_base& answer, error_code error, std::string detail) {
  answer.error = error;
  answer.detail = std::move(detail);
}

}  // namespace tenure::consul
