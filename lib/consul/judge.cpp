// What Consul's statuses and texts mean. The texts are those of 1.8.7 and of 1.21. A text of 1.21
// that went through raft follows "apply failed: " or "raft apply failed: ". A client agent puts
// "rpc error making call: " before its server's text.
#include <array>

#include "consul/call.hpp"

namespace tenure::consul {
namespace {

template <std::size_t N>
bool says_any(std::string_view text, const std::array<std::string_view, N>& parts) noexcept {
  for (const std::string_view part : parts)
    if (text.find(part) != text.npos) return true;
  return false;
}

// Refused before it had any effect, because there is no raft leader.
constexpr std::array<std::string_view, 4> no_leader_texts{
    "No cluster leader", "node is not the leader", "leadership transfer in progress",
    "No known Consul servers"};
// The request may be in the raft log.
constexpr std::array<std::string_view, 2> lost_leader_texts{
    "leadership lost while committing log", "raft is already shutdown"};
constexpr std::array<std::string_view, 2> busy_texts{"rate limit", "timed out enqueuing operation"};
constexpr std::array<std::string_view, 2> forbidden_texts{"Permission denied", "ACL not found"};
// Refused before raft, for its content.
constexpr std::array<std::string_view, 4> refused_texts{
    "Invalid Session TTL", "Invalid Behavior setting", "Must provide", "Missing session"};
// Refused for the time being: a check, a node or a datacenter is missing.
constexpr std::array<std::string_view, 5> not_yet_texts{
    "Missing check", "Missing node registration", "is in critical state", "invalid session",
    "No path to datacenter"};

error_code judge_500(std::string_view text, effect what) noexcept {
  if (says_any(text, forbidden_texts)) return consul_errc::forbidden;
  if (says_any(text, no_leader_texts)) return consul_errc::no_leader;
  if (says_any(text, lost_leader_texts))
    return what == effect::read ? consul_errc::no_leader : consul_errc::outcome_unknown;
  if (says_any(text, busy_texts)) return consul_errc::throttled;
  if (says_any(text, refused_texts)) return consul_errc::bad_request;
  if (says_any(text, not_yet_texts)) return consul_errc::server_error;
  // The agent found no server.
  if (text.starts_with("rpc error getting client")) return consul_errc::unreachable;
  // The agent lost its server after it had sent the request.
  if (text.starts_with("rpc error making call") && what != effect::read)
    return consul_errc::outcome_unknown;
  // An unknown text: a write may have been executed.
  return what == effect::write ? consul_errc::outcome_unknown : consul_errc::server_error;
}

}  // namespace

error_code judge(unsigned status, std::string_view text, effect what) noexcept {
  switch (status) {
    case 401:
    case 403:
      return consul_errc::forbidden;
    case 429:
      return consul_errc::throttled;
    case 500:
      return judge_500(text, what);
    case 502:  // from a proxy that lost the server
    case 504:
      return what == effect::read ? consul_errc::server_error : consul_errc::outcome_unknown;
    case 503:  // Consul's rate limit, or a proxy whose connection was reset
      return what == effect::write && !says_any(text, busy_texts) ? consul_errc::outcome_unknown
                                                                  : consul_errc::throttled;
    default:
      break;
  }
  if (status >= 300 && status < 500) return consul_errc::bad_request;
  if (status > 500 && status < 600)
    return what == effect::write ? consul_errc::outcome_unknown : consul_errc::server_error;
  return consul_errc::bad_answer;
}

}  // namespace tenure::consul
