// One blocking query of the plan, for everything below a prefix or for one key.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "consul/client.hpp"
#include "core/watching/range_plan.hpp"
#include "election/watching/watch_registry.hpp"
#include "runtime/async_condition.hpp"

namespace tenure::impl {

class range_query final : public poll_client, public std::enable_shared_from_this<range_query> {
 public:
  range_query(watch_registry& watches, core::watch_range range);

  const core::watch_range& range() const noexcept { return range_; }

  /// Looks, and then watches, until it is cancelled or retired.
  boost::asio::awaitable<void> run();
  /// A key of it has a follower that knows nothing yet.
  void newcomer(const std::string& key);

  // -- claims for its keys, on their way ---------------------------------------------------------
  void claim_begun() noexcept { ++inflight_claims_; }
  void claim_answered() noexcept {
    if (--inflight_claims_ == 0) changed_.notify_all();
  }
  void no_claims() noexcept {
    inflight_claims_ = 0;
    changed_.notify_all();
  }

  // -- for the watches ---------------------------------------------------------------------------
  /// Out of the plan: it ends with the answer that it waits for.
  void retire() noexcept;
  void revive() noexcept { retired_ = false; }
  bool retired() const noexcept { return retired_; }
  bool running = false;
  std::size_t keys = 0;          ///< that belong to it
  std::size_t planned_keys = 0;  ///< when it was planned

 private:
  class running_mark;
  class outcome {
   public:
    error_code error;
    std::string detail;
    std::uint64_t index = 0;
    bool missing = false;  ///< there is no such key, or none below the prefix
  };

  void on_slot() noexcept override { changed_.notify_all(); }
  /// Its keys are told meanwhile what the poll of a retired shard tells.
  bool low_priority() const noexcept override { return watches_.covered(*this); }
  boost::asio::awaitable<void> wait_claims();
  boost::asio::awaitable<void> wait_turn();
  boost::asio::awaitable<outcome> look(bool poll);
  boost::asio::awaitable<outcome> look_at_key(bool poll);
  boost::asio::awaitable<outcome> look_below(bool poll);
  boost::asio::awaitable<void> welcome();
  boost::asio::awaitable<outcome> read_newcomers(std::shared_ptr<std::vector<std::string>> batch);
  void failed(const outcome& why);
  duration pause_after(const outcome& seen, bool polled, time_point asked) noexcept;
  const runtime::environment& env() const noexcept;

  watch_registry& watches_;
  const core::watch_range range_;
  runtime::async_condition changed_;
  std::uint64_t index_ = 0;
  std::uint64_t quick_answers_ = 0;
  std::size_t inflight_claims_ = 0;
  error_code reported_error_;
  std::vector<std::string> newcomers_;
  bool looked_ = false;
  bool failing_ = false;  ///< the last answer was none
  bool welcoming_ = false;
  bool retired_ = false;
};

}  // namespace tenure::impl
