// Helpers of the client's operations.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "consul/call.hpp"

namespace tenure::consul {

/// Moves what all answers have.
inline void take_base(response& from, answer_base& to) {
  to.error = from.error;
  to.detail = std::move(from.detail);
  to.sent_at = from.sent_at;
  to.received_at = from.received_at;
  to.index = from.index;
  to.may_be_filtered = from.may_be_filtered;
}

/// Deregistering a service that the agent does not know is done. Newer agents answer 404 to that;
/// 1.8 with ACLs, which looks for its name, 500.
inline void accept_unknown_service(response& received) {
  constexpr unsigned failed = 500;
  if (received.status != failed || !received.body.starts_with("Unknown service")) return;
  received.error = {};
  received.detail.clear();
}

/// `outcome` is a text of ours.
inline void set_error(answer_base& answer, error_code error, const call& what,
                      const consul_config& config, std::string_view outcome) {
  answer.error = error;
  answer.detail = with_outcome(describe(what, config), outcome);
}

/// `outcome` contains a part of the answer.
inline void set_error(answer_base& answer, error_code error, const call& what,
                      const consul_config& config, const response& received,
                      std::string_view outcome) {
  set_error(answer, error, what, config, shown(outcome, received, what, config));
}

}  // namespace tenure::consul
