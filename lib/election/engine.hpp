// What is behind tenure::elections: its participants, observers, settings and semaphores, how each
// is entered and left, and how all of it shuts down.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/elections.hpp>
#include <vector>

#include "election/context.hpp"
#include "election/group/group_core.hpp"
#include "election/group/group_owner.hpp"
#include "election/participant/participant.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "election/settings/leader_settings_store.hpp"
#include "election/watching/leader_observer.hpp"

namespace tenure::impl {

/// Adds to a list of weak pointers. Before the list would grow, those that have expired go.
template <class T>
void remember(std::vector<std::weak_ptr<T>>& list, const std::shared_ptr<T>& fresh) {
  if (list.size() == list.capacity()) {
    std::erase_if(list, [](const auto& weak) { return weak.expired(); });
  }
  list.push_back(fresh);
}

class engine final : public group_owner, public std::enable_shared_from_this<engine> {
 public:
  engine(std::shared_ptr<connections> shared_connections, elections_options options);
  /// With its own connections.
  engine(std::shared_ptr<const runtime::environment> env, consul_config config,
         elections_options options);
  ~engine();

  const std::shared_ptr<context>& shared() const noexcept { return shared_; }

  // See the functions of these names in tenure::elections and tenure::election.
  std::shared_ptr<participant> enter(std::string key, candidacy how);
  boost::asio::awaitable<void> leave(std::shared_ptr<participant> which);
  boost::asio::awaitable<void> leave_group(std::shared_ptr<group_core> which) override;
  void leave_in_background(std::shared_ptr<participant> which);
  std::shared_ptr<participant> enter(std::string key,
                                     std::shared_ptr<const profile> how) override;
  std::shared_ptr<leader_observer> observe(std::string key);
  std::shared_ptr<leader_settings_store> settings_in(std::string key);
  std::shared_ptr<group_core> join(std::string prefix, membership how);
  std::shared_ptr<slot_candidate> contend(std::string prefix, std::size_t slots, candidacy how);
  boost::asio::awaitable<event> next_event();
  boost::asio::awaitable<void> shut_down();
  void shut_down_in_background();

 private:
  std::shared_ptr<const profile> profile_of(candidacy how);
  /// Throws already_entered, unless the participant that has the key gives way.
  void make_room(const std::string& key);
  bool forgotten(const participant& which) const noexcept;
  void forget(participant& which) noexcept;
  boost::asio::awaitable<void> retire(std::shared_ptr<participant> which);
  boost::asio::awaitable<void> leave_now(std::shared_ptr<participant> which);
  enum class leaving_how { alone, with_its_group };
  void begin_leaving(const std::shared_ptr<participant>& which, leaving_how how);
  boost::asio::awaitable<void> stop_group(std::shared_ptr<group_core> which);
  boost::asio::awaitable<void> stop_groups(std::vector<std::shared_ptr<group_core>> groups);
  boost::asio::awaitable<void> end_groups(std::vector<std::shared_ptr<group_core>> groups);
  using participant_list = std::vector<std::shared_ptr<participant>>;
  boost::asio::awaitable<void> wait_for_work(participant_list all);
  boost::asio::awaitable<void> wait_settled(participant_list all, time_point give_up);
  void log_unsettled() const;
  boost::asio::awaitable<void> stop_everything();
  boost::asio::awaitable<void> end_sessions();

  const std::shared_ptr<context> shared_;
  std::vector<std::shared_ptr<participant>> participants_;
  std::vector<std::shared_ptr<group_core>> groups_;
  std::vector<std::weak_ptr<group_core>> left_groups_;  ///< some may still delete their keys
  std::vector<std::weak_ptr<const profile>> profiles_;  ///< the latest few
  std::vector<std::weak_ptr<leader_observer>> observers_;
  std::vector<std::weak_ptr<leader_settings_store>> settings_;
  std::vector<std::weak_ptr<slot_candidate>> slot_candidates_;
  runtime::async_condition stopped_changed_;
  bool stopped_ = false;
};

}  // namespace tenure::impl
