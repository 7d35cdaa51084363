// The blocking query for one range of the watch plan: a prefix, or a single key.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/watching/range_plan.hpp"
#include "election/watching/blocking_query.hpp"
#include "election/watching/query_context.hpp"

namespace tenure::impl {

class range_query;

/// What a query reports to the plan, and asks of it.
class plan_events {
 public:
  plan_events() = default;
  plan_events(const plan_events&) = delete;
  plan_events& operator=(const plan_events&) = delete;

  /// An answer had this many keys without a watcher.
  virtual void report_unwatched(const range_query& query, std::size_t unwatched) = 0;
  /// The server refuses lists of the query's prefix.
  virtual void report_unlistable(const range_query& query) = 0;
  virtual void query_ended(range_query& query) noexcept = 0;
  /// Whether a retired query still polls for everything in this query's range.
  virtual bool covered(const range_query& query) const noexcept = 0;
  /// Whether this retired query has to poll on, for queries in its range that wait for a slot.
  virtual bool still_needed(const range_query& retired) const noexcept = 0;

 protected:
  ~plan_events() = default;
};

class range_query final : private query_hooks, public std::enable_shared_from_this<range_query> {
 public:
  range_query(query_context& context, plan_events& plan, core::watch_range range);

  const core::watch_range& range() const noexcept { return range_; }
  /// The query of which this is the owner: how it runs and retires, its slot, the claims.
  blocking_query& query() noexcept { return query_; }
  const blocking_query& query() const noexcept { return query_; }

  /// A watcher of this key, which belongs to the query, waits for its first answer.
  void add_newcomer(const std::string& key);

  std::size_t keys = 0;          ///< how many keys belong to it now
  std::size_t planned_keys = 0;  ///< how many when it was planned

 private:
  // -- query_hooks -------------------------------------------------------------------------------
  std::string watched() const override { return range_.text; }
  boost::asio::awaitable<query_answer> list() override;
  duration longest_poll() const noexcept override { return context_.polls.wait; }
  storm_rule storm() const noexcept override;
  boost::asio::awaitable<query_answer> poll(std::uint64_t index, duration wait) override;
  void on_query_error(const query_answer& answer) override;
  void on_no_slot() noexcept override { ++context_.counts.waits; }
  void on_query_ended() noexcept override { plan_.query_ended(*this); }
  bool low_priority() const noexcept override { return plan_.covered(*this); }
  bool keep_polling() noexcept override;

  bool unfit(const core::watch_range& range, consul::consistency how) const noexcept;
  bool goes_back(const std::string& key, const consul::kv_result& answer,
                 consul::consistency how) const;
  void note_success();
  boost::asio::awaitable<query_answer> read_range();
  boost::asio::awaitable<consul::kv_result> read_key(std::string key);
  query_answer deliver(const consul::kv_result& answer);
  boost::asio::awaitable<query_answer> deliver(consul::raw_kv_list answer,
                                                consul::consistency how);
  class key_checks;
  boost::asio::awaitable<query_answer> check_rights(std::vector<std::string> missing);
  boost::asio::awaitable<void> check_next(std::shared_ptr<key_checks> all);
  boost::asio::awaitable<void> read_newcomers();
  boost::asio::awaitable<query_answer> read_batch(std::shared_ptr<std::vector<std::string>> batch);

  query_context& context_;
  plan_events& plan_;
  const core::watch_range range_;
  blocking_query query_;
  error_code reported_error_;  ///< all watchers of its keys know of this one
  std::vector<std::string> newcomers_;
  bool reading_newcomers_ = false;
};

}  // namespace tenure::impl
