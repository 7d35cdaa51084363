// Watches the members of one group, and deletes the keys that crashed members left.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/error.hpp>

#include "election/context.hpp"
#include "election/group/group_view.hpp"
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

    /// The group as of now; called for changes only.
    virtual void on_group(const group_view& view) = 0;
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
  void on_list(const consul::kv_list& answer) override;
  void on_list_error(const consul::kv_list& answer) override;

  const std::shared_ptr<context> shared_;
  const std::string group_;
  receiver& receiver_;
  prefix_watch watch_;
};

}  // namespace tenure::impl
