// What is behind tenure::group: this process's membership in one group. It joins, enters elections,
// makes the plan in turns that collect what changed, and leaves.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/group.hpp>
#include <tenure/membership.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "core/group/group_member.hpp"
#include "election/context.hpp"
#include "election/group/group_claims.hpp"
#include "election/group/group_owner.hpp"
#include "election/group/group_planner.hpp"
#include "election/group/group_seats.hpp"
#include "election/group/group_watch.hpp"
#include "election/group/hand_over_notices.hpp"
#include "election/group/member_key.hpp"
#include "election/group/member_removal.hpp"
#include "election/group/mover.hpp"
#include "election/participant/profile.hpp"

namespace tenure::impl {

class group_core final : public group_seats,
                         private group_watch::receiver,
                         private runtime::timer,
                         public std::enable_shared_from_this<group_core> {
 public:
  group_core(std::weak_ptr<group_owner> owner, std::shared_ptr<context> shared,
             std::string prefix, membership how);
  ~group_core() override;
  /// Begins: once, after the construction.
  void start();

  // See the functions of these names in tenure::group.
  const std::string& prefix() const noexcept { return prefix_; }
  const boost::asio::any_io_executor& executor() const noexcept { return shared_->env->executor; }
  std::shared_ptr<group_owner> owner() const noexcept { return owner_.lock(); }
  std::shared_ptr<participant> enter(std::string key);
  std::vector<group_member_status> members() { return planner_.statuses(); }
  boost::asio::awaitable<void> changed();
  error_code last_error() const noexcept;
  void set_weight(std::uint32_t weight);
  void set_capacity(std::optional<std::uint32_t> most);
  void set_labels(std::map<std::string, std::string> all);
  void set_busy(bool busy);
  boost::asio::awaitable<void> leave();
  void leave_in_background();

  // -- the engine's side -------------------------------------------------------------------------
  /// All that have a seat, in an order in which they are best stopped.
  std::vector<std::shared_ptr<participant>> participants() const;
  /// All members know that this one leaves, or have had a second to learn it.
  boost::asio::awaitable<void> announce_leaving();
  using stop_function = std::function<void(const std::shared_ptr<participant>&)>;
  /// Calls `stop` for each participant: for those that lead a few at a time, as their keys are
  /// handed over.
  boost::asio::awaitable<void> stop_each(stop_function stop);
  /// At the end: deletes the member's key and ends all tasks. In an outage the key is deleted
  /// later, unless it is that of another membership by then.
  boost::asio::awaitable<void> end();
  /// After end(): the coroutines that leave this group have ended.
  boost::asio::awaitable<void> wait_left();
  /// After end(): this process has joined the group again. If the session is the same, so is the
  /// key, which belongs to the new membership from now on.
  void joined_again(group_core& again);

  // -- group_seats -------------------------------------------------------------------------------
  void take_seat(participant& who) override;
  session_pool::pooled session() override { return session_; }
  void holder_changed(std::uint32_t seat, const core::session_id& holder) noexcept override;
  void seat_changed(std::uint32_t seat) noexcept override;
  std::optional<recipient> recipient_of(std::uint32_t seat) override;
  void handed_over(std::uint32_t seat, const recipient& to) override;
  void recipient_gone(const recipient& to) override;
  void seat_left(std::uint32_t seat) noexcept override;

 private:
  // -- group_watch::receiver ---------------------------------------------------------------------
  void on_answer(const group_view& view) override;
  void on_group(const group_view& view) override;
  void on_group_error(const error_code& why) override;
  std::size_t place_of(const left_over& what) const noexcept override;

  void check_open() const;
  std::shared_ptr<const profile> its_profile();
  void publish(core::group_member document);
  void note_entered(time_point now) noexcept;
  void note_led(time_point now);
  void log_changes(const group_view& view);
  void review_name(const group_view& view);
  void end_name_conflict() noexcept;
  void log_member(std::string_view event, const seen_member& who, log_level level);
  boost::asio::awaitable<void> follow_key();
  boost::asio::awaitable<void> remove_stray(std::string session);
  void set_session(const std::string& id);
  boost::asio::awaitable<void> drop_session();
  boost::asio::awaitable<void> remove_later();
  boost::asio::awaitable<void> leave_now();

  /// Something changed: makes a turn of the loop soon, in which all of it is taken in together.
  void wake() noexcept;
  void wake_at(time_point at) noexcept;
  void turn();
  time_point execute_plan(time_point now);

  const std::weak_ptr<group_owner> owner_;
  const std::shared_ptr<context> shared_;
  const std::string prefix_;
  const membership how_;
  const session_pool::pooled session_;
  std::weak_ptr<const profile> profile_;  ///< the participants'
  const std::shared_ptr<member_key> key_;
  group_watch watch_;
  hand_over_notices notices_;
  group_planner planner_;
  group_claims claims_;
  mover mover_;
  runtime::task_scope tasks_;
  runtime::async_condition changed_;
  error_code watch_error_;

  std::string session_id_;  ///< as the parts know it
  time_point publish_at_ = time_point::max();  ///< when the entered elections are published
  time_point publish_latest_ = time_point::max();
  /// Since when the first state of a key is awaited.
  time_point unknown_since_ = time_point::max();
  time_point turn_not_before_ = time_point::min();  ///< see wake()
  group_view last_view_;                            ///< for the log
  bool joined_again_ = false;
  bool joined_ = false;   ///< this member was seen in the group
  bool removing_stray_ = false;
  removal_scope stray_scope_ = removal_scope::key_and_notices;
  bool idle_ = false;  ///< see core::group_member
  bool busy_ = false;  ///< see group::set_busy()
  bool name_conflict_ = false;  ///< another process has this member's name
  int leaves_ = 0;              ///< coroutines that leave this group
  bool leaving_ = false;
  bool ending_ = false;
  bool ended_ = false;
};

}  // namespace tenure::impl
