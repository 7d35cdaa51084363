// All keys that this process watches, and the blocking queries (shards) that watch them: planned by
// core/shard_plan, planned anew as keys come and go, within the connections of the poll lane.
//
// No key goes blind while the plan changes. A poll that is under way is never dropped: the server
// would keep its slot until its wait ends. It is waited for, and what it answers is told to
// whoever follows a key below it, whichever shard the key belongs to by then. A new shard begins
// with a list, on the lane of requests; until it is given a connection for its poll it looks again
// by such lists.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consul/client.hpp"
#include "core/shard_plan.hpp"
#include "election/key_follower.hpp"
#include "election/poll_turns.hpp"
#include "runtime/services.hpp"

namespace tenure::impl {

class shard;

/// One key that somebody follows, and the newest that was told of it.
class watched_key {
 public:
  /// Whether an answer to a request that was sent then has anything new to tell.
  bool news(bool exists_now, std::uint64_t order_now, std::uint32_t session_now,
            time_point sent_at) const noexcept;

  key_follower* followers = nullptr;
  shard* owner = nullptr;      ///< none: not yet in the plan
  std::uint64_t order = 0;     ///< as key_sight::order(): of the key, or of the answer without it
  time_point told_at{};
  std::uint32_t session = 0;  ///< a hash of the holder
  bool exists = false;
  bool known = false;  ///< it was told once
  bool due = true;     ///< somebody is to be told, whatever there is to tell
  bool claimed = false;  ///< a claim for it is on its way
};

/// What happened, for those who look on.
class watch_counts {
 public:
  std::uint64_t plans = 0;
  std::uint64_t changed_plans = 0;  ///< those that ended or began a prefix
  std::uint64_t burdens = 0;        ///< prefixes that were found to bring too much along
  std::uint64_t empty_answers = 0;  ///< no key below a prefix
  std::uint64_t waits = 0;          ///< lists by shards that had no connection for a poll
  std::uint64_t kept = 0;           ///< polls begun once more because their successors had to wait
};

class key_watches {
 public:
  /// `spawn` starts a task that this object, the client and the turns outlive. `told` is called
  /// when all followers have been told of an answer.
  key_watches(std::shared_ptr<const runtime::services> services, consul::client& client,
              poll_turns& turns, std::function<void(boost::asio::awaitable<void>)> spawn,
              std::function<void()> told);
  ~key_watches();
  key_watches(const key_watches&) = delete;
  key_watches& operator=(const key_watches&) = delete;

  /// `who` is told of the key, the first time soon, until it is destroyed or unfollows.
  void follow(const key_name& key, const std::shared_ptr<key_follower>& who);
  /// Whether a follower of the key stands for it.
  bool stood_for(std::string_view key) const noexcept;
  /// There are more or fewer connections for shards.
  void connections_changed();
  /// Lets go of all followers, for ever.
  void stop() noexcept;

  const watch_counts& counts() const noexcept { return counts_; }
  std::size_t shards() const noexcept { return plan_.size(); }

 private:
  friend class key_follower;
  friend class shard;
  class reader;
  using shard_ptr = std::shared_ptr<shard>;

  // -- keys --------------------------------------------------------------------------------------
  void unfollow(key_follower& who) noexcept;
  void place_newcomer(named_key& key);
  /// An answer to a shard's request: tells what is news. An error in it where it is no list.
  void saw(const core::shard_range& where, consul::kv_listing& answer, std::size_t& foreign);
  void saw(const std::string& key, const consul::kv_found& answer);
  void tell(const std::string& key, const consul::kv_found& answer);
  void tell_unseen(const shard& whose, const error_code& why, const std::string& detail);
  void tell_unseen(const std::vector<std::string>& keys, const error_code& why,
                   const std::string& detail);
  void tell_unseen(std::vector<std::shared_ptr<key_follower>> all, const error_code& why,
                   const std::string& detail);
  bool due(const std::string& key) const noexcept;

  // -- the plan ----------------------------------------------------------------------------------
  void want_plan();
  boost::asio::awaitable<void> plan_soon();
  void plan();
  void drop_old_burdens();
  void carry_out(const core::shard_set& wanted);
  void begin(const core::shard_range& range);
  void retire(const shard_ptr& which);
  /// An answer to a shard had so many keys that nobody watches.
  void brought(const shard& whose, std::size_t foreign);
  void found_forbidden(const std::string& prefix);

  // -- connections -------------------------------------------------------------------------------
  bool covered(const shard& who) const noexcept;
  /// Whether a retired poll must go on: fewer connections are free than those below it wait for.
  bool still_needed(const shard& retired) const noexcept;
  void ended(shard& which) noexcept;

  std::shared_ptr<const runtime::services> services_;
  consul::client& client_;
  poll_turns& turns_;
  std::function<void(boost::asio::awaitable<void>)> spawn_;
  std::function<void()> told_;
  core::shard_limits limits_;
  watched_keys keys_;
  std::map<core::shard_range, shard_ptr> plan_;
  std::vector<shard_ptr> leaving_;  // retired, and their polls still under way
  core::shard_burdens burdens_;
  std::size_t planned_keys_ = 0;
  time_point planned_at_ = time_point::min();
  bool planning_ = false;
  bool stopped_ = false;
  watch_counts counts_;
};

}  // namespace tenure::impl
