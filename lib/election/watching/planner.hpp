// Decides which query watches which key, plans anew as keys come and go, and starts and retires the
// queries. core/watching/range_plan computes the plans; here are their occasions and their costs.
//
// No key goes blind while the plan changes. A poll that is under way is never dropped: the server
// would keep its slot until its wait ends. A retired query waits for its poll, and the registry
// reports the answer to the watchers of every key below it, whichever query the key has by then.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "core/watching/range_plan.hpp"
#include "election/watching/query_context.hpp"
#include "election/watching/range_query.hpp"
#include "election/watching/watched_keys.hpp"

namespace tenure::impl {

class planner final : private plan_events, private poll_share {
 public:
  /// The context and the keys have to outlive it, and the tasks that it spawns must not outlive it.
  planner(query_context& context, watched_keys& keys);
  ~planner() { stop(); }

  /// A watcher of the key waits for its first answer. Gives the key a query if it has none.
  void add_newcomer(named_key& key);
  /// This key, which was watched until now, is no longer among the keys.
  void key_removed(const watched_key& removed);
  /// Plans no more, and wants no connections. The queries end when their tasks are cancelled.
  void stop() noexcept;

  std::size_t queries() const noexcept { return plan_.size(); }

 private:
  using query_ptr = std::shared_ptr<range_query>;
  using plan_map = std::map<core::watch_range, query_ptr>;

  // -- plan_events -------------------------------------------------------------------------------
  void report_unwatched(const range_query& query, std::size_t unwatched) override;
  void report_unlistable(const range_query& query) override;
  void query_ended(range_query& query) noexcept override;
  bool covered(const range_query& query) const noexcept override;
  bool still_needed(const range_query& retired) const noexcept override;

  void on_share_changed() override;
  std::size_t queries_wanted() const noexcept;
  void want_plan();
  boost::asio::awaitable<void> plan_soon();
  boost::asio::awaitable<void> list_again_later(std::string prefix);
  void plan();
  void forget_old_costs();
  void carry_out(const core::range_set& wanted);
  std::vector<query_ptr> take_unwanted(const core::range_set& wanted);
  std::vector<query_ptr> add_missing(const core::range_set& wanted);
  void assign_keys();
  void retire(const query_ptr& query);

  query_context& context_;
  watched_keys& keys_;
  core::plan_limits limits_;
  plan_map plan_;
  std::vector<query_ptr> retired_;  ///< those whose run() goes on
  core::prefix_costs costs_;
  std::size_t planned_keys_ = 0;
  time_point planned_at_ = time_point::min();
  bool planning_ = false;
  bool stopped_ = false;
};

}  // namespace tenure::impl
