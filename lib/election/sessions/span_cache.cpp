#include "election/sessions/span_cache.hpp"

#include <tenure/toolkit/async_condition.hpp>
#include <utility>

#include "core/util/backoff.hpp"
#include "election/sessions/span_tag.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// Beyond this many, known spans are dropped and asked for again.
constexpr std::size_t most_spans = 4096;

}  // namespace

span_cache::span_cache(std::shared_ptr<const runtime::environment> env, consul::client& client,
                       spawn_function spawn)
    : env_(std::move(env)), client_(client), spawn_(std::move(spawn)) {}

void span_cache::ask(const std::string& session, listener tell) {
  if (spans_.size() > most_spans) {
    std::erase_if(spans_, [](const auto& s) { return s.second.known; });
  }
  auto [found, fresh] = spans_.try_emplace(session);
  if (found->second.known) {
    tell(found->second.session);
    return;
  }
  found->second.listeners.push_back(std::move(tell));
  if (fresh) spawn_(find(session));
}

boost::asio::awaitable<void> span_cache::find(std::string session) {
  core::backoff failures(100ms, 2s);
  bool asking = true;
  while (asking) {
    const consul::session_found answer =
        co_await client_.session_info(session, consul::consistency::default_);
    const auto found = spans_.find(session);
    if (found == spans_.end()) co_return;
    asking = answer.error && answer.error != error_kind::fatal;
    if (asking) {
      co_await runtime::sleep_until(*env_->timers,
                                    env_->timers->now() + failures.next(env_->random->next()));
    } else {
      const std::vector<listener> listeners = std::exchange(found->second.listeners, {});
      std::optional<holder_session> says;
      if (answer.session) {
        says = holder_session{.span = span_in_name(answer.session->name),
                              .lock_delay = answer.session->lock_delay};
        found->second.known = true;
        found->second.session = *says;
      } else {
        spans_.erase(found);
      }
      for (const listener& tell : listeners) tell(says);
    }
  }
}

}  // namespace tenure::impl
