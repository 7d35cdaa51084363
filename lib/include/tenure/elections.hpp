// Elections on one thread, with one access to Consul.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/completion.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/consul_connections.hpp>
#include <tenure/election.hpp>
#include <tenure/elections_options.hpp>
#include <tenure/error.hpp>
#include <tenure/event.hpp>
#include <tenure/group.hpp>
#include <tenure/kv.hpp>
#include <tenure/leader.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/membership.hpp>
#include <tenure/observer.hpp>
#include <tenure/semaphore.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

namespace impl {
class access;
class engine;
}  // namespace impl

/// Elections against one Consul with one access, on one thread: that of the io_context. A process
/// has one such object, or one for each access (see consul_connections). Shut it
/// down and run the io_context until that has completed; the destructor starts a shut-down in the
/// background if there was none. Handles may outlive it: they keep alive what they need. The
/// io_context must outlive this object and all of them; only a term may outlive the io_context, and
/// then only what it offers to any thread may be used.
///
/// A moved-from object is empty: valid() is false, and every operation throws errc::shut_down. So
/// does every operation but shut_down(), now() and sleep_until() once a shut-down has begun.
/// A function that returns an awaitable does nothing before it is awaited. Its twin `async_...`
/// takes a completion token instead: see <tenure/completion.hpp>.
class elections {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  /// `executor`: of an io_context that one thread runs. Throws bad_configuration for options that
  /// cannot work, system_error if the machine has no timer descriptor left. Nothing is sent to
  /// Consul before something is entered, observed or asked.
  elections(boost::asio::any_io_executor executor, consul_config config,
            elections_options options = elections_options());
  /// On connections that it shares with other elections objects, see there.
  explicit elections(consul_connections connections,
                     elections_options options = elections_options());
  elections(elections&&) noexcept;  ///< the other one is then empty: valid() is false
  /// First does what the destructor does.
  elections& operator=(elections&&) noexcept;
  ~elections();

  [[nodiscard]] bool valid() const noexcept { return engine_ != nullptr; }  ///< false: moved from
  explicit operator bool() const noexcept { return valid(); }               ///< the same as valid()
  /// The executor that the constructor was given; an empty any_io_executor if the object is empty.
  [[nodiscard]] executor_type get_executor() const noexcept;

  /// Enters the election for `key` (not empty, no leading slash). Throws system_error, before
  /// anything is sent: bad_configuration (errc::bad_argument) for a key or a candidacy that cannot
  /// work, errc::already_entered where this object has entered it already (two candidates on
  /// one session would both win), errc::shut_down. What Consul refuses is met later: by campaign(),
  /// by lead(), or by last_error() of a candidate that stands.
  [[nodiscard]] election enter(std::string key, candidacy how);

  // The queries below can be cancelled (terminal), and then throw operation_aborted.

  /// Who leads, read now from Consul. Throws system_error of consul_errc.
  [[nodiscard]] boost::asio::awaitable<leader> leader_of(std::string key);
  /// The same, completed with `void(error_code, leader)`.
  template <completes_with<leader> Token = default_token>
  [[nodiscard]] auto async_leader_of(std::string key, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), leader_of(std::move(key)),
                                       std::forward<Token>(token));
  }
  /// Reads the leaders of all elections below a prefix, in the order of their keys. A released key
  /// has a leader that is not present(); a semaphore has one for each occupied slot, under
  /// `<prefix>/.lock`. The keys of members of groups are no elections. Throws system_error of
  /// consul_errc.
  [[nodiscard]] boost::asio::awaitable<std::vector<leader>> leaders(std::string prefix);
  /// The same, completed with `void(error_code, std::vector<leader>)`.
  template <completes_with<std::vector<leader>> Token = default_token>
  [[nodiscard]] auto async_leaders(std::string prefix, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), leaders(std::move(prefix)),
                                       std::forward<Token>(token));
  }
  /// Follows who leads `key`. Throws bad_configuration for a key that cannot work, errc::shut_down.
  [[nodiscard]] observer observe(std::string key);

  /// A handle to the settings stored in `key`, by convention leader_settings::key_for(election),
  /// never the election's own key. Several handles may share a key. Throws bad_configuration for a
  /// key that cannot work, errc::shut_down.
  [[nodiscard]] leader_settings settings_in(std::string key);

  /// Reads, conditional writes and watches of keys that are no elections, with this object's access
  /// and connections. Throws errc::shut_down.
  [[nodiscard]] tenure::kv kv() const;

  /// A candidate for one of `slots` slots of the semaphore below `prefix` (no slash at either end).
  /// `how` means the same as for an election; its value is stored in this candidate's contender
  /// key. Throws bad_configuration, errc::shut_down.
  [[nodiscard]] semaphore contend(std::string prefix, std::size_t slots, candidacy how);

  /// Joins the group below `prefix` (no slash at either end): this process becomes a member soon,
  /// and leads its share of the elections that it enters through the group. The member's key is
  /// `<prefix>/members/<session>`. One membership per prefix and elections object; an object may
  /// join several groups. From then on, also after it has left, the object watches the keys of all
  /// its elections by ?consistent queries. Throws bad_configuration (also if the member's value and
  /// labels are too large together), errc::already_entered if this object is a member or has not
  /// yet left, errc::shut_down.
  [[nodiscard]] group join(std::string prefix, membership how);

  // -- operating groups: no membership is needed -------------------------------------------------
  // All of these throw bad_configuration for a prefix, key or name that cannot work, and
  // system_error: errc::shut_down, or a consul_errc. A request lasts for the request time-out at
  // most. After a cancellation, or consul_errc::outcome_unknown, Consul may carry a write out; each
  // may be repeated.

  /// Reads a group with one consistent list: its members, pins and drains, and who leads the keys
  /// below the prefix. A prefix without keys is an empty group.
  [[nodiscard]] boost::asio::awaitable<group_report> group_of(std::string prefix);
  /// The same, completed with `void(error_code, group_report)`.
  template <completes_with<group_report> Token = default_token>
  [[nodiscard]] auto async_group_of(std::string prefix, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), group_of(std::move(prefix)),
                                       std::forward<Token>(token));
  }
  /// From now on, until undrain(), the member of that name hands over all that it leads, and takes
  /// nothing. Its bodies are stopped, not asked. A drain also holds for a member that joins later
  /// under that name. Completes when the wish is stored, not when it is met.
  [[nodiscard]] boost::asio::awaitable<void> drain(std::string prefix, std::string member);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_drain(std::string prefix, std::string member, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), drain(std::move(prefix), std::move(member)),
                                       std::forward<Token>(token));
  }
  /// Ends a drain. A member that is not drained is no error.
  [[nodiscard]] boost::asio::awaitable<void> undrain(std::string prefix, std::string member);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_undrain(std::string prefix, std::string member,
                                   Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(),
                                       undrain(std::move(prefix), std::move(member)),
                                       std::forward<Token>(token));
  }
  /// From now on the member of that name leads `key`, while there is such a member that may lead:
  /// a drain, weight 0 and a full capacity win over a pin. The election counts towards the member's
  /// share. Replaces an earlier pin of the key. Completes when the wish is stored.
  [[nodiscard]] boost::asio::awaitable<void> pin(std::string prefix, std::string key,
                                                 std::string member);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_pin(std::string prefix, std::string key, std::string member,
                               Token&& token = Token()) {
    return impl::async_run<error_code>(
        get_executor(), pin(std::move(prefix), std::move(key), std::move(member)),
        std::forward<Token>(token));
  }
  /// Ends a pin. A key that is not pinned is no error. `member`: only if the key is pinned to the
  /// member of that name; the pin of another stays. Empty: whatever the pin is.
  [[nodiscard]] boost::asio::awaitable<void> unpin(std::string prefix, std::string key,
                                                   std::string member = std::string());
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_unpin(std::string prefix, std::string key, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), unpin(std::move(prefix), std::move(key)),
                                       std::forward<Token>(token));
  }
  /// unpin() with a member, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_unpin(std::string prefix, std::string key, std::string member,
                                 Token&& token = Token()) {
    return impl::async_run<error_code>(
        get_executor(), unpin(std::move(prefix), std::move(key), std::move(member)),
        std::forward<Token>(token));
  }

  /// Releases the key on the holder's behalf, as an operator would, and returns the deposed leader.
  /// The published value stays, so successors wait until the holder's lease is over; the holder
  /// notices within milliseconds. Throws system_error: errc::not_leading where the key is not held,
  /// errc::timed_out where others keep writing it for the request time-out, or of consul_errc.
  /// Cancelled, it may have happened or not.
  [[nodiscard]] boost::asio::awaitable<leader> depose(std::string key);
  /// The same, completed with `void(error_code, leader)`.
  template <completes_with<leader> Token = default_token>
  [[nodiscard]] auto async_depose(std::string key, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), depose(std::move(key)),
                                       std::forward<Token>(token));
  }

  /// Now, by the clock of the leases: boot_clock, or virtual time in a simulation. Any thread.
  /// Throws errc::shut_down if the object is empty.
  [[nodiscard]] time_point now() const;
  /// Waits until `at` by that clock; completes at once if `at` has passed. It is a plain timer: a
  /// shut-down does not end it. Throws system_error: operation_aborted when cancelled (terminal),
  /// errc::shut_down if the object is empty.
  [[nodiscard]] boost::asio::awaitable<void> sleep_until(time_point at);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_sleep_until(time_point at, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), sleep_until(at), std::forward<Token>(token));
  }

  /// The next change of any election that stands. At most one change per election is pending, so
  /// the stream is bounded, and a slow reader sees the newest state. One reader. Throws
  /// errc::shut_down.
  [[nodiscard]] boost::asio::awaitable<event> next_event();
  /// The same, completed with `void(error_code, event)`.
  template <completes_with<event> Token = default_token>
  [[nodiscard]] auto async_next_event(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), next_event(), std::forward<Token>(token));
  }

  /// Completes if Consul answers and has a raft leader. Throws system_error of consul_errc.
  [[nodiscard]] boost::asio::awaitable<void> ping();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_ping(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), ping(), std::forward<Token>(token));
  }

  /// Resigns every term (bodies are cancelled and awaited), releases every key, destroys the
  /// sessions, and ends every task. Cannot be cancelled. Idempotent. Ends in time even if Consul
  /// does not answer: a member of groups stops its bodies in turn, for up to 3 s; bodies have ended
  /// when their leases have; releases take one request time-out at most after the last body;
  /// destroying the sessions and the member keys takes one more. What Consul did not do by then
  /// expires with the session.
  [[nodiscard]] boost::asio::awaitable<void> shut_down();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_shut_down(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), shut_down(), std::forward<Token>(token));
  }

 private:
  friend class impl::access;
  explicit elections(std::shared_ptr<impl::engine> engine) noexcept;
  void check_not_empty() const;
  std::shared_ptr<impl::engine> engine_;
};

}  // namespace tenure
