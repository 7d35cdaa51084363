// Releases keys that were handed to this process and that it has not entered: no participant knows
// of them, so its session would hold them for ever. A member that leaves hands its keys to others
// even if they have entered other elections, because one of them may enter these in a moment.
//
// The value stays, so successors wait for a lease that may still run: without a participant a
// hand-over looks the same as a late claim for an election that this process has left.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consul/client.hpp"
#include "core/util/session_id.hpp"
#include "election/spawn.hpp"
#include "election/watching/query_context.hpp"
#include "election/watching/watch_registry.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class unwanted_keys final : public hold_receiver {
 public:
  /// The client and the registry have to outlive the tasks that `spawn` starts.
  unwanted_keys(std::shared_ptr<const runtime::environment> env, consul::client& client,
                watch_registry& watches, spawn_function spawn);

  /// Elections are handed to this session, from now on.
  void add_session(const core::session_id& session);
  void remove_session(const core::session_id& session) noexcept;

  // -- hold_receiver -----------------------------------------------------------------------------
  bool is_own(std::string_view session) const noexcept override;
  /// Releases the key after a second, if it has no participant then.
  void on_unwatched_hold(const consul::kv_entry& seen) override;
  /// The same of a key whose participant has another session.
  void on_other_hold(const consul::kv_entry& seen) { note(seen, participant_has::other_session); }

 private:
  enum class participant_has : std::uint8_t { same_session, other_session };
  struct hold {
    std::string session;
    std::string value;
    std::uint64_t modify_index = 0;
    time_point due{};
    participant_has whose = participant_has::same_session;
  };
  using holds = std::map<std::string, hold>;

  void note(const consul::kv_entry& seen, participant_has whose);
  void add(const consul::kv_entry& seen, participant_has whose);
  void again_later(const std::string& key, const hold& held);
  boost::asio::awaitable<void> release_all();
  holds take_due();
  boost::asio::awaitable<void> release(holds batch);
  boost::asio::awaitable<void> look_at(std::string key, hold held);
  boost::asio::awaitable<bool> send(std::shared_ptr<const holds> batch);

  const std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  watch_registry& watches_;
  const spawn_function spawn_;
  std::vector<core::session_id> sessions_;
  holds holds_;
  bool running_ = false;
};

}  // namespace tenure::impl
