#include "consul/token_retry.hpp"

#include <algorithm>
#include <utility>

namespace tenure::consul {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration look_again = 100ms;
// With the same token the request is made again after this: another server may know it by then.
constexpr duration ask_again = 500ms;

bool says(const runtime::http_response& answer, std::string_view text) noexcept {
  return answer.body.find(text) != std::string::npos;
}

}  // namespace

refusal refusal_of(const runtime::http_response& answer) noexcept {
  const bool in_status = answer.status == 401 || answer.status == 403;
  // A transaction is refused by 409. Both texts come by 500 as well, through a client agent.
  if (!in_status && answer.status != 409 && answer.status != 500) return refusal::none;
  if (says(answer, "ACL not found")) return refusal::unknown_token;
  return in_status || says(answer, "Permission denied") ? refusal::no_rights : refusal::none;
}

asio::awaitable<bool> worth_another_attempt(const runtime::environment& env,
                                            std::shared_ptr<token_source> source,
                                            std::string token, refusal why, time_point deadline) {
  const time_point again = env.timers->now() + ask_again;
  const token_refusal refusal_kind = why == refusal::unknown_token ? token_refusal::unknown_token
                                                                   : token_refusal::missing_right;
  bool may_come = source->refused(token, refusal_kind);
  bool other = source->token() != token;
  // Other rights rarely come with another token, and a program that lacks one has to say so soon.
  bool goes_on = may_come && why == refusal::unknown_token;
  while (!other && goes_on) {
    const time_point next = env.timers->now() + look_again;
    if (next >= deadline) co_return false;
    co_await runtime::sleep_until(*env.timers, next);
    may_come = source->refused(token, refusal_kind);
    other = source->token() != token;
    goes_on = may_come && next < again;
  }
  co_return other || (may_come && why == refusal::unknown_token);
}

}  // namespace tenure::consul
