// The command_host that starts real processes.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <tenure/log.hpp>

#include "command/guarded_command.hpp"
#include "command/guardian/lease_table.hpp"
#include "command/supervised_command.hpp"
#include "command/zygote/zygote_link.hpp"

namespace tenure::command {

/// A process has one at most, and must call run_guardian_if_requested() first in main().
class process_host final : public command_host, private guarded_command::owner {
 public:
  process_host(boost::asio::any_io_executor executor, std::shared_ptr<log_sink> log);
  process_host(const process_host&) = delete;
  process_host& operator=(const process_host&) = delete;
  ~process_host() override;

  /// Makes the zygote now, so that the first start need not. Throws system_error.
  void prepare();

  std::shared_ptr<supervised_command> start(const invocation& what, lease_times lease) override;
  const boost::asio::any_io_executor& executor() const noexcept override { return executor_; }

 private:
  boost::asio::awaitable<void> end_orphans(lease_slot& slot) override;
  void log_death_of_guardian(int pid) override;
  void on_gone(guarded_command& command) override;

  boost::asio::awaitable<void> enforce_leases();
  static bool is_foreign(int pid);
  bool is_orphan(int pid) const;
  void reap_adopted() const;

  boost::asio::any_io_executor executor_;
  std::shared_ptr<log_sink> log_;
  std::unique_ptr<lease_table> leases_;
  std::shared_ptr<zygote_link> zygote_;
  std::uint32_t last_id_ = 0;
  std::set<guarded_command*> running_;
  lease_timer enforce_timer_;
  bool enforcing_ = false;
  bool zygotes_died_ = false;
};

}  // namespace tenure::command
