// A term: one spell of leadership. It begins once, ends once, for one reason, and never comes back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/end_reason.hpp>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

/// The writes of one leader-only transaction: all of them happen, or none. At most 60.
class leader_writes {
 public:
  leader_writes& set(std::string key, std::string value, std::uint64_t flags = 0);
  /// Only where the key's ModifyIndex is `index`; 0: only where there is no such key.
  leader_writes& set_if(std::string key, std::string value, std::uint64_t index,
                        std::uint64_t flags = 0);
  leader_writes& remove(std::string key);
  leader_writes& remove_below(std::string prefix);

  enum class kind { set, set_if, remove, remove_below };
  class entry {
   public:
    entry(kind k, std::string key) : what(k), key(std::move(key)) {}
    kind what;
    std::string key;
    std::string value;
    std::uint64_t index = 0;
    std::uint64_t flags = 0;
  };
  const std::vector<entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<entry> entries_;
};

namespace impl {
class term_state;
}

/// A handle to a term: cheap to copy, may outlive the election and the elections object, and may be
/// handed to other threads for what says "any thread". Everything else belongs to the thread of
/// the io_context.
class term {
 public:
  term() = default;  ///< an empty term: it does not hold
  explicit term(std::shared_ptr<impl::term_state> state) noexcept;

  /// The key of the election. Any thread.
  const std::string& key() const noexcept;
  /// The fencing token: the ModifyIndex of the write that won. Grows from term to term of a key,
  /// over all processes; never changes within one. Pass it to every resource that the leader
  /// writes to. Any thread.
  std::uint64_t fence() const noexcept;
  /// The Consul session that holds the key. Any thread.
  std::string session() const;

  /// Whether the term is running and its lease is valid now, so that no other process acts as
  /// leader. A clock read and an atomic load; any thread, no lock.
  bool holds() const noexcept;
  /// Whether it will hold for another `d`, whatever happens, unless it is resigned. Any thread.
  bool guarantees(duration d) const noexcept;
  /// Until when the lease holds as of now; grows with each proof. time_point::min() once the term
  /// is over. Any thread.
  time_point valid_until() const noexcept;
  /// When the body is cancelled if no further proof arrives: valid_until() less the stop budget.
  /// Any thread.
  time_point stop_at() const noexcept;
  /// Why it ended; none while it goes on. Any thread.
  end_reason reason() const noexcept;

  /// Completes when the holder must stop its work: at stop_at() without a further proof, or at once
  /// when the term ends otherwise.
  boost::asio::awaitable<void> stop_requested() const;
  /// Completes when the term is over, at the latest when its lease ends. From then on holds() is
  /// false for ever.
  boost::asio::awaitable<end_reason> ended() const;

  /// Sends a proof now instead of waiting for the next regular one.
  /// Completes with true when a proof has come that was sent after the call: valid_until() counts
  /// from it; with false when the term is over. While Consul does not answer it waits, at most
  /// until the lease ends. Cancelling (terminal) ends only the wait; the proof is still sent.
  boost::asio::awaitable<bool> prove();

  /// Gives leadership up: ends the term (resigned), then releases the key, so that a successor
  /// starts at once. Call it when the work has stopped, also for a term that ended by itself: this
  /// process does not stand again before that. Not cancelled by its caller's cancellation.
  /// Idempotent. Throws nothing for a lost connection: the release goes on in the background.
  boost::asio::awaitable<end_reason> resign();

  /// Replaces the published value (not empty) for the rest of the term. Cancelling ends only
  /// the wait; a proclaim in flight continues. Throws system_error: errc::not_leading when the term
  /// is over (whether the value was published before is then unknown), errc::bad_argument.
  boost::asio::awaitable<void> proclaim(std::string value);

  /// Writes that only the leader can make: Consul carries them out in one transaction if, and only
  /// if, this very term still holds the key, however late the request arrives. Throws system_error:
  /// errc::not_leading (nothing happened), errc::refused (a set_if did not match: nothing
  /// happened), errc::outcome_unknown (the answer was lost), errc::bad_argument (empty, too many,
  /// or the election's own key).
  boost::asio::awaitable<void> write(leader_writes writes);

  explicit operator bool() const noexcept { return state_ != nullptr; }
  friend bool operator==(const term&, const term&) = default;

 private:
  std::shared_ptr<impl::term_state> state_;
};

}  // namespace tenure
