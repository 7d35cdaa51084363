// A command that runs under a guardian process: the runner's side of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "command/guardian/lease_table.hpp"
#include "command/guardian/protocol.hpp"
#include "command/supervised_command.hpp"
#include "command/zygote/zygote_link.hpp"

namespace tenure::command {

/// What process_host starts. Always in a shared_ptr: its task holds it too.
class guarded_command final : public supervised_command,
                              public std::enable_shared_from_this<guarded_command> {
 public:
  /// What a host does for its commands. It must outlive them.
  class owner {
   public:
    virtual ~owner() = default;
    /// The guardian of the slot died, and its zygote did, too: completes when it and the orphans
    /// are gone.
    virtual boost::asio::awaitable<void> end_orphans(lease_slot& slot) = 0;
    /// `pid` is positive if it is known.
    virtual void log_death_of_guardian(int pid) = 0;
    /// The command is gone, and its slot free.
    virtual void on_gone(guarded_command& command) = 0;
  };

  /// `control`: the runner's end of the socket of the guardian. `grace`: between the request to
  /// stop and the kill. `start_by`: a command that has not
  /// started by then is not started any more, however long its lease is.
  guarded_command(const boost::asio::any_io_executor& executor, owner& host,
                  std::shared_ptr<zygote_link> zygote, lease_slot& slot, std::uint32_t number,
                  std::uint32_t id, int control, duration grace, time_point start_by);

  void set_lease(lease_times lease) noexcept override;
  void signal(int number) noexcept override;
  using supervised_command::stop;
  void stop(stop_cause why) noexcept override;
  void kill() noexcept override;
  boost::asio::awaitable<outcome> gone() override;
  bool is_gone() const noexcept override { return gone_; }
  int pid() const noexcept override { return gone_ ? pid_ : slot_.command.load(); }

  /// The task that its host spawns: reads the guardian's reports until the guardian and the command
  /// are gone.
  boost::asio::awaitable<void> follow();

  std::uint32_t slot_number() const noexcept { return number_; }
  time_point kill_at() const noexcept;
  int guardian() const noexcept { return slot_.guardian.load(); }
  /// Acts in the place of a guardian that was stopped and misses its deadline, or of a zygote that
  /// was stopped and does not end what a dead guardian left. Their death makes follow() end the
  /// command.
  void kill_guardian() noexcept;

 private:
  bool on_report(const report& r);
  boost::asio::awaitable<void> on_lost_guardian();
  void send(order::kind what, int number) noexcept;
  /// A guardian that cannot read its orders is killed then.
  void end_within(duration limit) noexcept;

  owner& host_;
  std::shared_ptr<zygote_link> zygote_;
  lease_slot& slot_;
  std::uint32_t number_;
  std::uint32_t id_;
  boost::asio::posix::stream_descriptor control_;  // a SOCK_SEQPACKET socket: a read is a message
  duration grace_;
  time_point start_by_;
  time_point end_by_;
  lease_timer gone_timer_;
  outcome outcome_;
  bool has_ended_ = false;
  bool gone_ = false;
  time_point lost_at_ = time_point::max();  // the guardian, before its last report
  int pid_ = 0;
};

}  // namespace tenure::command
