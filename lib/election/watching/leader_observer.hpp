// The state of a tenure::observer: the newest leader of one key.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/error.hpp>
#include <tenure/leader.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "election/watching/watcher.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

class leader_observer final : public key_watcher {
 public:
  leader_observer(std::shared_ptr<const runtime::environment> env, std::string key,
                  consul::consistency reads);

  /// The leader at once when first called, then each time it has changed: the newest state only.
  /// `self` keeps the observer alive while it waits. Throws errc::shut_down after stop().
  boost::asio::awaitable<leader> next(std::shared_ptr<leader_observer> self);
  /// Why the last read failed; none after a successful one.
  const error_code& last_error() const noexcept { return last_error_; }
  void stop();
  const boost::asio::any_io_executor& executor() const noexcept { return env_->executor; }

  void on_key_changed(const consul::kv_result& answer) override;
  void on_watch_error(const error_code& why, const std::string& detail) override;
  bool accepts_stale() const noexcept override { return reads_ == consul::consistency::stale; }

 private:
  std::shared_ptr<const runtime::environment> env_;
  std::string key_;
  const consul::consistency reads_;
  runtime::async_condition changed_;
  std::optional<leader> newest_;
  bool unread_ = false;
  bool stopped_ = false;
  error_code last_error_;
};

}  // namespace tenure::impl
