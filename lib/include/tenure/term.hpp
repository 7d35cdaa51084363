// A term: one spell of leadership. It begins once, ends once, for one reason, and never comes back.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/end_reason.hpp>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

/// The writes of one leader-only transaction: all of them happen, or none. At most 60.
class leader_writes {
 public:
  /// Writes the key, whatever it has.
  leader_writes& set(std::string key, std::string value, std::uint64_t flags = 0);
  /// Only where the key's ModifyIndex is `index`; 0: only where there is no such key.
  leader_writes& set_if(std::string key, std::string value, std::uint64_t index,
                        std::uint64_t flags = 0);
  leader_writes& remove(std::string key);  ///< removes the key; no such key is no error
  /// Removes all keys that begin with the prefix.
  leader_writes& remove_below(std::string prefix);

  /// Which of the functions above made a write.
  enum class kind { set, set_if, remove, remove_below };
  /// One write, as the functions above made it.
  class entry {
   public:
    /// A write of that kind, with nothing but the key.
    entry(kind k, std::string key) : what(k), key(std::move(key)) {}
    kind what;                ///< its kind
    std::string key;          ///< the key, or of remove_below the prefix
    std::string value;        ///< of set and set_if
    std::uint64_t index = 0;  ///< of set_if: the ModifyIndex that the key must have
    std::uint64_t flags = 0;  ///< of set and set_if
  };
  /// In the order of the calls.
  [[nodiscard]] const std::vector<entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<entry> entries_;
};

namespace impl {
class access;
class term_state;
}  // namespace impl

/// A handle to a term: cheap to copy, may outlive the election and the elections object, and may be
/// handed to other threads for what says "any thread". Everything else belongs to the thread of
/// the io_context, except the functions `async_...`: they may be called and initiated on any thread
/// and run on that of the io_context. See <tenure/completion.hpp>.
class term {
 public:
  term() = default;  ///< an empty term: it does not hold

  /// The key of the election. Any thread.
  [[nodiscard]] const std::string& key() const noexcept;
  /// The fencing token: the ModifyIndex of the write that won. Grows from term to term of a key,
  /// over all processes; never changes within one. Pass it to every resource that the leader
  /// writes to. Any thread.
  [[nodiscard]] std::uint64_t fence() const noexcept;
  /// The Consul session that holds the key. Any thread.
  [[nodiscard]] std::string session() const;

  /// Whether the term is running and its lease is valid now, so that no other process acts as
  /// leader. A clock read and an atomic load; any thread, no lock.
  [[nodiscard]] bool holds() const noexcept;
  /// Whether it will hold for another `d`, whatever happens, unless it is resigned. Any thread.
  [[nodiscard]] bool guarantees(duration d) const noexcept;
  /// Until when the lease holds as of now; grows with each proof. time_point::min() once the term
  /// is over. Any thread.
  [[nodiscard]] time_point valid_until() const noexcept;
  /// When the body is cancelled if no further proof arrives: valid_until() less the stop budget.
  /// Any thread.
  [[nodiscard]] time_point stop_at() const noexcept;
  /// Why it ended; none while it goes on. Any thread.
  [[nodiscard]] end_reason reason() const noexcept;

  /// A token whose stop is requested when the holder must stop its work: at stop_at() without a
  /// further proof, or at once when the term ends otherwise or its elections object is destroyed.
  /// For a term that is over, and for an empty one, it is requested already. Any thread.
  ///
  /// The thread of the io_context requests it, in the next turn of its loop, and runs the
  /// callbacks: they must be short and must not throw. While that thread is blocked or suspended it
  /// requests nothing, so holds() and guarantees() remain the truth: ask them before each step, and
  /// use the token to wake what sleeps.
  [[nodiscard]] std::stop_token stop_token() const;

  /// Completes when the holder must stop its work: at stop_at() without a further proof, or at once
  /// when the term ends otherwise.
  [[nodiscard]] boost::asio::awaitable<void> stop_requested() const;
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_stop_requested(Token&& token = Token()) const {
    return impl::async_run<error_code>(executor(), stop_requested(),
                                       std::forward<Token>(token));
  }
  /// Whether the group's plan wants another member to lead this election. The body returns at its
  /// next safe point, or the program calls resign(): then the key is handed over, and the term's
  /// reason is end_reason::handed_over. Until then the term goes on as before. The request may be
  /// withdrawn: when the plan has changed, or membership::hand_over_limit has passed. False once
  /// the term is over, and always outside a group. Any thread.
  [[nodiscard]] bool hand_over_wanted() const noexcept;
  /// Completes when hand_over_wanted() becomes true, at once if it is, and when the holder must
  /// stop its work: see stop_requested(). So a drained or leaving member, which asks no body, ends
  /// this wait as well. Throws operation_aborted.
  [[nodiscard]] boost::asio::awaitable<void> hand_over_requested() const;
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_hand_over_requested(Token&& token = Token()) const {
    return impl::async_run<error_code>(executor(), hand_over_requested(),
                                       std::forward<Token>(token));
  }
  /// Completes when the term is over, at the latest when its lease ends. From then on holds() is
  /// false for ever.
  [[nodiscard]] boost::asio::awaitable<end_reason> ended() const;
  /// The same, completed with `void(error_code, end_reason)`.
  template <completes_with<end_reason> Token = default_token>
  [[nodiscard]] auto async_ended(Token&& token = Token()) const {
    return impl::async_run<error_code>(executor(), ended(), std::forward<Token>(token));
  }

  /// Sends a proof now instead of waiting for the next regular one.
  /// Completes with true when a proof has come that was sent after the call: valid_until() counts
  /// from it; with false when the term is over. While Consul does not answer it waits, at most
  /// until the lease ends. Cancelling (terminal) ends only the wait; the proof is still sent.
  [[nodiscard]] boost::asio::awaitable<bool> prove();
  /// The same, completed with `void(error_code, bool)`.
  template <completes_with<bool> Token = default_token>
  [[nodiscard]] auto async_prove(Token&& token = Token()) {
    return impl::async_run<error_code>(executor(), prove(), std::forward<Token>(token));
  }

  /// Gives leadership up: ends the term (resigned), then releases the key, so that a successor
  /// starts at once. Call it when the work has stopped, also for a term that ended by itself: this
  /// process does not stand again before that. Not cancelled by its caller's cancellation.
  /// Idempotent. Throws nothing for a lost connection: the release goes on in the background.
  [[nodiscard]] boost::asio::awaitable<end_reason> resign();
  /// The same, completed with `void(error_code, end_reason)`.
  template <completes_with<end_reason> Token = default_token>
  [[nodiscard]] auto async_resign(Token&& token = Token()) {
    return impl::async_run<error_code>(executor(), resign(), std::forward<Token>(token));
  }

  /// Replaces the published value (not empty) for the rest of the term. Cancelling ends only
  /// the wait; a proclaim in flight continues. Throws system_error: errc::not_leading when the term
  /// is over (whether the value was published before is then unknown), errc::bad_argument, and
  /// what a retry cannot mend (error_kind::fatal), such as consul_errc::forbidden.
  [[nodiscard]] boost::asio::awaitable<void> proclaim(std::string value);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_proclaim(std::string value, Token&& token = Token()) {
    return impl::async_run<error_code>(executor(), proclaim(std::move(value)),
                                       std::forward<Token>(token));
  }

  /// Writes that only the leader can make: Consul carries them out in one transaction if, and only
  /// if, this very term still holds the key, however late the request arrives. Throws system_error:
  /// errc::not_leading (nothing happened), errc::refused (a set_if did not match: nothing
  /// happened), errc::outcome_unknown (the answer was lost), errc::bad_argument (empty, too many,
  /// or the election's own key), or of consul_errc (nothing happened). Cancelled (terminal), it may
  /// have happened or not. Writes of one term or of several that begin in one turn of the loop
  /// share requests, and each succeeds or fails as if it were alone.
  [[nodiscard]] boost::asio::awaitable<void> write(leader_writes writes);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_write(leader_writes writes, Token&& token = Token()) {
    return impl::async_run<error_code>(executor(), write(std::move(writes)),
                                       std::forward<Token>(token));
  }

  explicit operator bool() const noexcept { return state_ != nullptr; }  ///< false: an empty term
  /// Whether both are the same term of this process.
  friend bool operator==(const term&, const term&) = default;

 private:
  friend class impl::access;
  explicit term(std::shared_ptr<impl::term_state> state) noexcept;
  /// That of the elections object; empty once that is gone.
  boost::asio::any_io_executor executor() const noexcept;

  std::shared_ptr<impl::term_state> state_;
};

}  // namespace tenure
