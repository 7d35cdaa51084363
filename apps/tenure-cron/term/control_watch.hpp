// Follows what operators ask for through Consul, for all lanes of a tenant.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <set>
#include <string>
#include <tenure/kv.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>

#include "tenure-cron/ledger/ledger_keys.hpp"
#include "tenure-cron/term/control_state.hpp"

namespace tenure::cron {

/// On the thread of the timers.
class control_watch {
 public:
  /// Gets the names of the jobs.
  using callback = std::function<void(const std::set<std::string>&)>;

  /// `timers` must outlive it.
  control_watch(kv access, ledger_keys keys, runtime::timers& timers)
      : access_(std::move(access)), keys_(std::move(keys)), timers_(timers) {}
  control_watch(const control_watch&) = delete;
  control_watch& operator=(const control_watch&) = delete;

  /// As Consul had it last; empty before its first answer.
  const control_state& state() const noexcept { return state_; }
  /// Polls Consul until it is cancelled (terminal) or the elections object is shut down, and then
  /// throws system_error (operation_aborted, errc::shut_down). Calls `changed` with each change of
  /// state(), after it. It must outlive the coroutine.
  boost::asio::awaitable<void> follow(callback changed);

 private:
  kv access_;
  const ledger_keys keys_;
  runtime::timers& timers_;
  control_state state_;
};

}  // namespace tenure::cron
