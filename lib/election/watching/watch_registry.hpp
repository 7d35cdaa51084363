// All keys that this process watches and their watchers: receives the answers of the queries,
// compares them with what was reported before, and notifies the watchers of what is new.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consul/client.hpp"
#include "election/watching/planner.hpp"
#include "election/watching/poll_slots.hpp"
#include "election/watching/query_context.hpp"
#include "election/watching/watched_keys.hpp"
#include "election/watching/watcher.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class watch_registry final : private watcher_registrar, private query_sink {
 public:
  /// `spawn` starts a task, which the registry, the client and the slots have to outlive.
  /// `notified` is called after all watchers have been notified of an answer.
  watch_registry(std::shared_ptr<const runtime::environment> env, consul::client& client,
                 poll_slots& slots, duration wait,
                 std::function<void(boost::asio::awaitable<void>)> spawn,
                 std::function<void()> notified);
  ~watch_registry();

  /// Notifies `watcher` of the key's state soon, and of each change, until it is destroyed or
  /// unregistered.
  void watch(const key_name& key, const std::shared_ptr<key_watcher>& watcher);
  /// Unregisters a watcher of this registry: for key_watcher::unwatch().
  void unwatch(key_watcher& watcher) noexcept override;
  /// From the next request of each query on, what participants watch is read ?consistent: what an
  /// answer shows was so at some moment after its request was sent.
  void read_consistently() noexcept { context_.polls.how = consul::consistency::consistent; }
  /// The answer to a read of `key` that one of its participants asked for: for the other watchers.
  /// It may be all that a candidate that has just entered learns of the holder.
  void share(const std::string& key, const consul::kv_result& answer) { on_key(key, answer); }
  /// Passes notices on to the participants of their keys.
  void deliver(const std::vector<handed_news>& notices);
  /// To whom keys of ours without a participant are reported; it has to outlive the queries.
  void report_holds(hold_receiver& to) noexcept { holds_ = &to; }
  /// Whether one of the key's watchers is a candidate.
  bool has_candidate(std::string_view key) const noexcept;
  /// Unregisters all watchers, for good.
  void stop() noexcept;

  const watch_counts& counts() const noexcept { return context_.counts; }
  std::size_t queries() const noexcept { return planner_.queries(); }

 private:
  using watcher_list = std::vector<std::shared_ptr<key_watcher>>;

  // -- query_sink -------------------------------------------------------------------------------
  void on_key(const std::string& key, const consul::kv_result& answer) override;
  bool goes_back(const std::string& key, const consul::kv_result& answer) const override;
  list_news read_list(const core::watch_range& range, consul::raw_kv_list& answer) override;
  void on_list(const list_news& seen) override;
  consul::consistency reads(const core::watch_range& range) const noexcept override;
  bool due(const std::string& key) const noexcept override;
  void on_error(const range_query& query, const error_code& why,
                const std::string& detail) override;
  void on_error(const std::vector<std::string>& keys, const error_code& why,
                const std::string& detail) override;

  bool still_news(const std::string& key, const consul::kv_result& answer) const;
  void notify(const std::string& key, const consul::kv_result& answer);
  bool take_notice(const handed_news& notice);
  void report_holds_in(const list_news& seen);
  void report_hold(const std::string& key, const consul::kv_result& seen);
  void notify_error(const watcher_list& watchers, const error_code& why,
                    const std::string& detail);
  bool registered(const std::shared_ptr<key_watcher>& watcher) const noexcept;

  query_context context_;
  std::function<void()> notified_;
  watched_keys keys_;
  planner planner_;
  hold_receiver* holds_ = nullptr;
  bool stopped_ = false;
};

}  // namespace tenure::impl
