// What the operations of the client share.
#pragma once

#include <string>
#include <string_view>
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

/// There is no answer, or it is no good.
inline void fail(answer_base& answer, error_code error, const std::string& asked,
                 std::string_view outcome) {
  answer.error = error;
  answer.detail = with_outcome(asked, outcome);
}

}  // namespace tenure::consul
