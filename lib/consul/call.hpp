// One request of the client, from its parts to a judged reply: headers, retries, errors.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <tenure/consul_config.hpp>

#include "consul/format.hpp"
#include "consul/types.hpp"
#include "runtime/environment.hpp"

namespace tenure::consul {

/// What it means when an answer is lost.
enum class effect : std::uint8_t {
  read,        ///< nothing: ask again
  repeatable,  ///< it may have happened, and may be done again
  write,       ///< it may have happened, and must not be done again
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
  unsigned accepted = 0;  ///< a status that is an answer, beside 200
  unsigned retries = 3;   ///< after a failed connection; none for what is not repeatable
};

class reply : public answer_base {
 public:
  unsigned status = 0;
  std::string body;
};

/// Makes the call. In the reply an error, or an accepted status and its body. Throws
/// system_error(operation_aborted) when cancelled. All three must outlive it.
boost::asio::awaitable<reply> perform(const runtime::environment& outside,
                                      const consul_config& config, const call& what);

/// What a status that is no success means; `text` is its body.
error_code judge(unsigned status, std::string_view text, effect what) noexcept;

/// What was asked, and of whom: the beginning of a line for a log, without the query.
std::string describe(const call& what, const consul_config& config);

/// Adds what came of it: on one line, and of bounded length.
std::string with_outcome(std::string asked, std::string_view outcome);

}  // namespace tenure::consul
