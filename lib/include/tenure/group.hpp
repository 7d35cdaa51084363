// Groups: elections whose leadership spreads over the processes that take part.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/election.hpp>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <vector>

namespace tenure {

namespace impl {
class access;
class group_core;
}  // namespace impl

/// A member of a group, as its key shows it.
class group_member_status {
 public:
  std::string name;  ///< unique in the group; the member keeps it over restarts
  std::string session;  ///< the Consul session that locks its key and its elections
  std::string value;    ///< what its elections publish
  std::uint32_t weight = 100;  ///< its share is its weight, divided by the sum of all
  std::optional<std::uint32_t> capacity;  ///< most elections that it leads; none: no limit
  std::map<std::string, std::string> labels;  ///< for people and programs; the plan ignores them
  bool settled = false;   ///< its settling time is over: voluntary moves include it
  bool draining = false;  ///< an operator drains it
  bool leaving = false;   ///< it leaves the group
  /// It says that it is drained and leads nothing, wherever the keys are; see group::set_busy().
  /// Always true for a member of version 0.2.0, which says nothing of that.
  bool idle = false;
  bool self = false;      ///< this process
  std::uint64_t entered = 0;  ///< elections that it has entered
  /// Elections of the group that its session holds. Of keys that are not below the prefix the
  /// member tells the number, up to ten seconds late.
  std::size_t leads = 0;
  std::size_t share = 0;      ///< elections that it leads once all moves are done
  std::size_t gives = 0;      ///< elections that move away from it
  std::size_t gets = 0;       ///< elections that move to it
};

/// An operator's wish that one member leads the election.
class group_pin {
 public:
  std::string key;     ///< of the election
  std::string member;  ///< its name; perhaps no member has that name now
};

/// A group as one read shows it, for operators. The keys of elections that every member has left
/// stay in Consul: they are not counted once the members show that what they have entered is
/// exactly what is held.
class group_report {
 public:
  std::string prefix;  ///< of the group
  std::vector<group_member_status> members;  ///< in the order of names
  std::vector<group_pin> pins;  ///< in the order of keys
  std::vector<std::string> drained;  ///< names that operators drain, members or not
  /// Keys below the prefix that are or were elections of the group, and others that a member leads.
  std::size_t elections = 0;
  std::size_t free = 0;       ///< of these, keys that no session holds
  std::size_t strangers = 0;  ///< of these, keys that a session of no member holds
};

/// This process's membership in one group, from elections::join. Move-only. Destroying it leaves in
/// the background, as leave() does. Belongs to the thread of the io_context.
///
/// The group's plan decides which free keys this process claims: a candidate that stands
/// (campaign(), lead() or stand()) claims a key at once if the plan names this member, and half a
/// second later or more otherwise. Of N elections a member leads N w / W, rounded down or up: w is
/// its weight and W the sum of the members' weights. See docs/groups.md.
///
/// All members of a group should enter the same elections: nothing moves by choice between members
/// that have entered different ones.
///
/// A moved-from handle is empty: valid() is false. enter(), changed() and the functions set_...()
/// throw errc::shut_down if the handle is empty, once leave() was called, and once a
/// shut-down has begun. The other operations never do: an empty handle has no members and no
/// error, and its leave() does nothing.
class group {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  group(group&&) noexcept;             ///< the other one is then empty: valid() is false
  group& operator=(group&&) noexcept;  ///< first does what the destructor does
  ~group();

  [[nodiscard]] bool valid() const noexcept { return core_ != nullptr; }  ///< false: moved from
  explicit operator bool() const noexcept { return valid(); }  ///< the same as valid()
  [[nodiscard]] executor_type get_executor() const noexcept;  ///< on which its operations run

  /// Of the group; empty: a moved-from handle.
  [[nodiscard]] const std::string& prefix() const noexcept;

  /// Enters one of the group's elections with the membership's candidacy. Its key should be below
  /// the prefix: elections::group_of() lists only such keys, and of others sees only how many each
  /// member leads. Throws as elections::enter does, and bad_configuration for a key below
  /// `<prefix>/members/` or `<prefix>/handed/`: the group keeps its own keys there. Leaving the
  /// election releases its key; leaving the group hands it over.
  [[nodiscard]] election enter(std::string key);

  /// The members as this process sees them now, in the order of their names. `leads`, `share`,
  /// `gives` and `gets` count the elections that this process has entered. Empty before the first
  /// read of the group.
  [[nodiscard]] std::vector<group_member_status> members() const;
  /// Completes at the next change of members, of their settings, of what they lead, or of
  /// last_error(). Changes that come together complete it once. It may also complete without a
  /// change. Throws errc::shut_down, also if the group is left meanwhile, and operation_aborted.
  [[nodiscard]] boost::asio::awaitable<void> changed();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_changed(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), changed(), std::forward<Token>(token));
  }
  /// Why the last request about the group's members failed, or about this member's key; none after
  /// a success.
  [[nodiscard]] error_code last_error() const noexcept;

  /// Changes this member's weight: 0 to membership::most_weight. The other members see it about a
  /// second later. With 0 the member gives up what it leads: it asks no body to hand over, all
  /// have to stop (see term::stop_requested). Throws bad_configuration.
  void set_weight(std::uint32_t weight);
  /// Changes this member's capacity. Bodies of elections beyond it are asked to hand over; with 0
  /// all have to stop.
  void set_capacity(std::optional<std::uint32_t> most);
  /// Changes this member's labels; the other members see them about a second later. Throws
  /// bad_configuration, and changes nothing then.
  void set_labels(std::map<std::string, std::string> all);
  /// While true, this member does not say that it is idle, so that `tenure drain --wait` waits:
  /// for what ends with its part in the group and is none of the group's elections, such as the
  /// elections of another group. False at first.
  void set_busy(bool busy);

  /// Leaves the group and all elections that were entered through it. Each election that this
  /// process leads is handed over, or released if no other member takes it; then the member's key
  /// is deleted. Bodies of lead() are cancelled, a few dozen at a time, and a key is handed over
  /// only after its body has returned.
  ///
  /// Terms of campaign() and stand() count as stopped at once, as when the handle of their election
  /// is destroyed: their keys are handed over while the program may still work. A program that
  /// needs a safe point first calls set_weight(0). Each term asks it to stop, and its lease is not
  /// extended any more; the program resigns the term when its work has stopped. It waits until it
  /// leads nothing (its entry in members() has `leads` 0), and leaves then.
  ///
  /// Completes within about three seconds, the longest stop budget and a few request time-outs,
  /// even if Consul is unreachable: then the member's key is deleted in the background.
  /// Cannot be cancelled. A second leave() waits for the first.
  [[nodiscard]] boost::asio::awaitable<void> leave();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_leave(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), leave(), std::forward<Token>(token));
  }

 private:
  friend class impl::access;
  explicit group(std::shared_ptr<impl::group_core> core) noexcept;

  std::shared_ptr<impl::group_core> core_;
};

}  // namespace tenure
