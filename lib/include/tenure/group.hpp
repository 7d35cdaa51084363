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
  std::string name;
  std::string session;  ///< the Consul session that locks its key and its elections
  std::string value;    ///< what its elections publish
  std::uint32_t weight = 100;
  std::optional<std::uint32_t> capacity;
  std::map<std::string, std::string> labels;
  bool settled = false;   ///< a member for its settling time: voluntary moves include it
  bool draining = false;  ///< an operator drains it
  bool leaving = false;   ///< it leaves the group
  bool self = false;      ///< this process
  std::uint64_t entered = 0;  ///< elections that it has entered
  std::size_t leads = 0;      ///< elections that its session holds
  std::size_t share = 0;      ///< elections that it leads once all moves are done
  std::size_t gives = 0;      ///< elections that move away from it
  std::size_t gets = 0;       ///< elections that move to it
};

/// An operator's wish that one election is led by one member.
class group_pin {
 public:
  std::string key;
  std::string member;  ///< by name; there may be no such member now
};

/// A group as one read shows it, for operators.
class group_report {
 public:
  std::string prefix;
  std::vector<group_member_status> members;  ///< in the order of names
  std::vector<group_pin> pins;
  std::vector<std::string> drained;  ///< names that operators drain, members or not
  std::size_t elections = 0;  ///< keys below the prefix that are or were elections of the group
  std::size_t free = 0;       ///< of these, keys that no session holds
  std::size_t strangers = 0;  ///< of these, keys that a session holds which is not a member's
};

/// This process's membership in one group, from elections::join. Move-only. Destroying it leaves in
/// the background, as leave() does. Belongs to the thread of the io_context.
///
/// The group's plan decides in which of the entered elections this process stands: a candidate of
/// the group that stands (campaign(), lead() or stand()) claims a free key at once if the plan
/// names this member, and after a handicap otherwise. Of N elections a member leads N w / W,
/// rounded down or up: w is its weight and W the sum of the members' weights. See docs/groups.md.
///
/// All members of a group should enter the same elections: nothing moves by choice between members
/// that have entered different ones.
///
/// A moved-from handle is empty: valid() is false, and every operation throws errc::shut_down. So
/// does every operation after leave() or a shut-down, except members() and prefix().
class group {
 public:
  using executor_type = boost::asio::any_io_executor;

  group(group&&) noexcept;
  group& operator=(group&&) noexcept;
  ~group();

  [[nodiscard]] bool valid() const noexcept { return core_ != nullptr; }
  explicit operator bool() const noexcept { return valid(); }
  [[nodiscard]] executor_type get_executor() const noexcept;

  [[nodiscard]] const std::string& prefix() const noexcept;

  /// Enters one of the group's elections with the membership's candidacy. Throws as
  /// elections::enter does. Leaving the election releases its key; leaving the group hands it over.
  [[nodiscard]] election enter(std::string key);

  /// The members as this process sees them now, in the order of their names.
  [[nodiscard]] std::vector<group_member_status> members() const;
  /// Completes at the next change of members, of their settings or of what they lead. Changes that
  /// come together complete it once. Throws errc::shut_down.
  [[nodiscard]] boost::asio::awaitable<void> changed();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_changed(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), changed(), std::forward<Token>(token));
  }
  /// Why the last request about this group's own keys failed; none after a success.
  [[nodiscard]] error_code last_error() const noexcept;

  /// Changes this member's weight: 0 to membership::most_weight. Throws bad_configuration.
  void set_weight(std::uint32_t weight);
  /// Changes this member's capacity.
  void set_capacity(std::optional<std::uint32_t> most);

  /// Hands over every election that this process leads in the group (bodies are asked to stop, as
  /// by a resignation), then deletes the member's key. Elections that no other member takes are
  /// released. The entered elections leave with it. Completes like elections::shut_down() within
  /// about the longest stop budget plus the request time-out. Cannot be cancelled. Idempotent.
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
