// Watches the members of one group, and deletes what crashed members left: their keys, and the
// notices of hand-overs to them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/error.hpp>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <vector>

#include "core/util/backoff.hpp"
#include "election/context.hpp"
#include "election/group/group_view.hpp"
#include "election/group/member_removal.hpp"
#include "election/watching/prefix_watch.hpp"

namespace tenure::impl {

class group_watch final : private prefix_watch::receiver {
 public:
  /// Is called on the engine's thread, and may not destroy the watch.
  class receiver {
   public:
    receiver() = default;
    receiver(const receiver&) = delete;
    receiver& operator=(const receiver&) = delete;

    /// Each answer, whether it brings a change or not, before on_group(): for
    /// member_key::observe(), which cannot know what was reported while it wrote.
    virtual void on_answer(const group_view& /*view*/) {}
    /// The group as of now; called for the first answer, and for changes of members, pins and
    /// drains only.
    virtual void on_group(const group_view& view) = 0;
    /// The watch fails: called once for each outage and reason. No error: the outage is over.
    virtual void on_group_error(const error_code& why) = 0;
    /// How many members come before this one when a left-over is deleted: each waits one handicap
    /// longer, so that one request is made.
    virtual std::size_t place_of(const left_over& what) const noexcept = 0;

   protected:
    ~receiver() = default;
  };

  group_watch(std::shared_ptr<context> shared, std::string group, receiver& to);

  /// Watches until it is cancelled (terminal). The owner keeps the watch alive meanwhile.
  boost::asio::awaitable<void> run();

 private:
  /// A left-over that waits for its deletion.
  class cleaning {
   public:
    std::uint64_t modify_index = 0;
    time_point due{};
    core::backoff failures{std::chrono::milliseconds(500), std::chrono::seconds(30)};
    removal_scope scope = removal_scope::key_and_notices;
  };

  void on_list(const consul::kv_list& answer) override;
  void on_list_error(const consul::kv_list& answer) override;
  void note_unreadable(const group_view& view);
  void note_left_overs(const group_view& view);
  boost::asio::awaitable<void> clean();
  boost::asio::awaitable<void> remove(std::string key);
  std::vector<consul::txn_op> removal_of(const std::string& key, const cleaning& how) const;

  const std::shared_ptr<context> shared_;
  const std::string group_;
  receiver& receiver_;
  prefix_watch watch_;
  runtime::task_scope tasks_;
  runtime::async_condition changed_;
  std::optional<group_view> last_;  ///< as the receiver knows it
  error_code error_;                ///< as the receiver knows it
  std::map<std::string, cleaning> left_overs_;
  std::set<std::string> unreadable_;  ///< logged, and still unreadable
};

}  // namespace tenure::impl
