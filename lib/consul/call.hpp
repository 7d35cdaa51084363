// One request of the client: headers, retries, and what the response means.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <tenure/acl_policy.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/toolkit/request_secrets.hpp>

#include "consul/format.hpp"
#include "consul/types.hpp"
#include "runtime/environment.hpp"

namespace tenure::consul {

/// What a request does, and so what it means that its response is lost.
enum class effect : std::uint8_t {
  read,        ///< changes nothing: repeat it
  repeatable,  ///< Consul may have executed it; repeating it does no harm
  write,       ///< Consul may have executed it; it must not be repeated
};

class call {
 public:
  call(runtime::lane where, consul::effect effect, std::string method, target to,
       time_point deadline)
      : where(where),
        effect(effect),
        method(std::move(method)),
        to(std::move(to)),
        deadline(deadline) {}

  runtime::lane where;
  consul::effect effect;
  std::string method;
  target to;
  std::string body;  ///< JSON
  time_point deadline;
  unsigned accepted = 0;  ///< a status beside 200 that is no error
  /// 429 and 503 say how healthy a service is, if their body is JSON.
  bool status_is_health = false;
  unsigned retries = 3;   ///< after a failed connection; an effect::write has none
};

class response : public answer_base {
 public:
  unsigned status = 0;
  std::string body;   ///< may repeat secrets, see shown(); those in `detail` are hidden
  std::string token;  ///< that it was asked for with
  std::optional<acl_rule> missing;  ///< the rule that the token lacks, with consul_errc::forbidden
};

/// Makes the call. The response has an error, or an accepted status and its body. Throws
/// system_error(operation_aborted) when cancelled. All three must outlive it.
boost::asio::awaitable<response> perform(const runtime::environment& env,
                                         const consul_config& config, const call& what);

/// The error that a status other than success means; `text` is the body.
error_code judge(unsigned status, std::string_view text, effect what) noexcept;

/// The request and the address it went to, without the query: the beginning of a log line.
std::string describe(const call& what, const consul_config& config);

/// What may not be shown of an answer to `what`, which may repeat its request.
text::request_secrets secrets_of(const response& received, const call& what,
                                 const consul_config& config);

/// What an answer says, for people: without the token, the credentials and the values of its
/// request, and without values of keys. Of bounded length.
std::string shown(std::string_view says, const text::request_secrets& secrets);
std::string shown(std::string_view says, const response& received, const call& what,
                  const consul_config& config);

/// Appends the outcome, on one line and of bounded length.
std::string with_outcome(std::string description, std::string_view outcome);

}  // namespace tenure::consul
