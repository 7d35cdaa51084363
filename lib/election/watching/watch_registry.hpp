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
#include "core/watching/range_plan.hpp"
#include "election/watching/watcher.hpp"
#include "election/watching/poll_slots.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class range_query;

/// One key that somebody follows, and the newest that was told of it.
class watched_key {
 public:
  /// Whether an answer to a request that was sent then has anything new to tell.
  bool news(bool exists_now, std::uint64_t order_now, std::uint32_t session_now,
            time_point sent_at) const noexcept;

  key_watcher* watchers = nullptr;
  range_query* owner = nullptr;      ///< none: not yet in the plan
  std::uint64_t order = 0;     ///< as key_observation::order(): of the key, or of the answer without it
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
  std::uint64_t costly_prefixes = 0;        ///< prefixes that were found to bring too much along
  std::uint64_t empty_answers = 0;  ///< no key below a prefix
  std::uint64_t waits = 0;          ///< lists by shards that had no connection for a poll
  std::uint64_t kept = 0;           ///< polls begun once more because their successors had to wait
};

class watch_registry {
 public:
  /// `spawn` starts a task that this object, the client and the turns outlive. `told` is called
  /// when all followers have been told of an answer.
  watch_registry(std::shared_ptr<const runtime::environment> env, consul::client& client,
              poll_slots& slots_for_polls, std::function<void(boost::asio::awaitable<void>)> spawn,
              std::function<void()> told);
  ~watch_registry();
  watch_registry(const watch_registry&) = delete;
  watch_registry& operator=(const watch_registry&) = delete;

  /// `who` is told of the key, the first time soon, until it is destroyed or unfollows.
  void watch(const key_name& key, const std::shared_ptr<key_watcher>& who);
  /// Whether a follower of the key stands for it.
  bool stood_for(std::string_view key) const noexcept;
  /// There are more or fewer connections for shards.
  void connections_changed();
  /// Lets go of all followers, for ever.
  void stop() noexcept;

  const watch_counts& counts() const noexcept { return counts_; }
  std::size_t shards() const noexcept { return plan_.size(); }

 private:
  friend class key_watcher;
  friend class range_query;
  class reader;
  using query_ptr = std::shared_ptr<range_query>;

  // -- keys --------------------------------------------------------------------------------------
  void unwatch(key_watcher& who) noexcept;
  void place_newcomer(named_key& key);
  /// An answer to a shard's request: tells what is news. An error in it where it is no list.
  void observe(const core::watch_range& where, consul::raw_kv_list& answer, std::size_t& unwatched);
  void observe(const std::string& key, const consul::kv_result& answer);
  void tell(const std::string& key, const consul::kv_result& answer);
  void tell_unseen(const range_query& whose, const error_code& why, const std::string& detail);
  void tell_unseen(const std::vector<std::string>& keys, const error_code& why,
                   const std::string& detail);
  void tell_unseen(std::vector<std::shared_ptr<key_watcher>> all, const error_code& why,
                   const std::string& detail);
  bool due(const std::string& key) const noexcept;

  // -- the plan ----------------------------------------------------------------------------------
  void want_plan();
  boost::asio::awaitable<void> plan_soon();
  void plan();
  void drop_old_costs();
  void carry_out(const core::range_set& wanted);
  void begin(const core::watch_range& range);
  void retire(const query_ptr& which);
  /// An answer to a shard had so many keys that nobody watches.
  void report_unwatched(const range_query& whose, std::size_t unwatched);
  void found_unlistable(const std::string& prefix);

  // -- connections -------------------------------------------------------------------------------
  bool covered(const range_query& who) const noexcept;
  /// Whether a retired poll must go on: fewer connections are free than those below it wait for.
  bool still_needed(const range_query& retired) const noexcept;
  void ended(range_query& which) noexcept;

  std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  poll_slots& poll_slots_;
  std::function<void(boost::asio::awaitable<void>)> spawn_;
  std::function<void()> told_;
  core::plan_limits limits_;
  watched_keys keys_;
  std::map<core::watch_range, query_ptr> plan_;
  std::vector<query_ptr> leaving_;  // retired, and their polls still under way
  core::prefix_costs costs_;
  std::size_t planned_keys_ = 0;
  time_point planned_at_ = time_point::min();
  bool planning_ = false;
  bool stopped_ = false;
  watch_counts counts_;
};

}  // namespace tenure::impl
