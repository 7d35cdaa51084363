#include "command/guardian_set.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <utility>

#include "command/guardian/descendants.hpp"
#include "command/supervised_command.hpp"

namespace tenure::command {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int rounds_before_warning = 1000;  // of 5 ms each

}  // namespace

guardian_set::guardian_set(asio::any_io_executor executor, std::shared_ptr<log_sink> log)
    : executor_(std::move(executor)), log_(std::move(log)) {}

asio::awaitable<void> guardian_set::end_orphans_of(int pid) {
  const auto guardian = static_cast<std::uint64_t>(pid);
  log_->log(log_level::error, "guardian died, killing its command",
            {log_field("guardian", guardian)});
  lease_timer pause(executor_);
  for (int round = 0;; ++round) {
    bool any_left = false;
    for (const pid_t child : children_of(::getpid())) {
      if (pids_.count(child) != 0) continue;
      for (const pid_t below : descendants_of(child)) ::kill(below, SIGKILL);
      ::kill(child, SIGKILL);
      if (::waitpid(child, nullptr, WNOHANG) == 0) any_left = true;
    }
    if (!any_left) co_return;
    if (round == rounds_before_warning)
      log_->log(log_level::warn, "orphans survive SIGKILL", {log_field("guardian", guardian)});
    pause.expires_after(5ms);
    co_await pause.async_wait(asio::use_awaitable);
  }
}

}  // namespace tenure::command
