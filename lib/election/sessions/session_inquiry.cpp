#include "election/sessions/session_inquiry.hpp"

#include <utility>

#include "core/lease/term_lease.hpp"

namespace tenure::impl {

session_inquiry::session_inquiry(std::shared_ptr<const runtime::environment> env,
                                 consul::client& client, spawn_function spawn)
    : env_(std::move(env)), client_(client), spawn_(std::move(spawn)) {}

void session_inquiry::ask(const std::string& session, listener tell) {
  auto [found, first] = asked_.try_emplace(session);
  found->second.push_back(std::move(tell));
  if (first) spawn_(find_out(session));
}

// By a renewal, because its 404 is certain: a token that may not read sessions gets an empty answer
// for living ones, too. A 200 is not certain, but here it only decides the name of a reason.
boost::asio::awaitable<void> session_inquiry::find_out(std::string session) {
  const time_point deadline = env_->timers->now() + core::identify_within;
  const consul::session_renewed answer = co_await client_.renew_session(session, deadline);
  std::optional<bool> alive;
  if (!answer.error) alive = answer.alive;
  const auto asked = asked_.extract(session);
  for (const listener& tell : asked.mapped()) tell(alive);
}

}  // namespace tenure::impl
