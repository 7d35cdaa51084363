// A request that Consul refuses for its token, while the token changes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <tenure/consul_access.hpp>

#include "runtime/environment.hpp"

namespace tenure::consul {

/// Why Consul did not execute a request.
enum class refusal {
  none,
  no_rights,      ///< the token is known, and lacks a right
  unknown_token,  ///< revoked, expired, or so new that this server does not know it yet
};

/// What the answer says about the token. Anything but `none` means that the request had no effect.
refusal refusal_of(const runtime::http_response& answer) noexcept;

/// Consul refused a request with this token. Waits, if another one may come within seconds. True:
/// make the request again, with the token that the source has then: another one, or one that the
/// servers had to learn of first. False: report the refusal.
boost::asio::awaitable<bool> worth_another_attempt(const runtime::environment& env,
                                                   std::shared_ptr<token_source> source,
                                                   std::string token, refusal why,
                                                   time_point deadline);

}  // namespace tenure::consul
