#include "consul/token_command.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <tenure/bad_configuration.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <utility>

#include "consul/token_file.hpp"
#include "runtime/periodic_thread.hpp"
#include "runtime/shell_command.hpp"

namespace tenure {
namespace consul {
namespace {

using namespace std::chrono_literals;

// Shorter than a usual lease: a run that hangs must not cost the terms of a new token.
constexpr duration time_limit = 10s;
// Consul's servers learn of a new token one after the other. One that is younger than this may be
// unknown to the server that refused it: the request waits, and the command does not run.
constexpr duration spreading = 2s;
// A command that prints the refused token once more may know the next one soon: it runs again after
// this, and after twice the time each time.
constexpr duration pause_after_failure = 1s;
constexpr duration longest_pause = 5s;
// A token has worked if a request took it, once the servers knew it, and no request was refused for
// this long: longer than any pause between two attempts. The wait for another token takes it too,
// up to a second after `spreading`.
constexpr duration known_everywhere = spreading + 1s;
constexpr duration proof = 1min;
constexpr std::size_t longest_shown = 100;

std::string shown(const std::string& command) {
  std::string result;
  for (const char c : command.substr(0, longest_shown)) result += text::is_printable(c) ? c : ' ';
  if (command.size() > longest_shown) result += "...";
  return result;
}

struct printed {
  std::string token;
  std::string failure;  ///< empty: there is a token
};

printed run(const std::string& command, const std::stop_token& stop) {
  const runtime::shell_result result = runtime::run_shell(command, time_limit, stop);
  printed now;
  now.failure = result.failure;
  if (!now.failure.empty()) return now;
  now.token = trimmed_token(result.output.substr(0, result.output.find('\n')));
  if (now.token.empty()) now.failure = "its first line is empty";
  if (const std::string why = bad_secret(now.token); !why.empty())
    now.failure = "its first line " + why;
  return now;
}

/// A thread runs the command, because it may take long.
class token_command final : public token_source {
 public:
  token_command(std::string command, std::string first, duration interval,
                std::shared_ptr<log_sink> log, std::shared_ptr<const runtime::clock> clock);

  std::string token() override;
  bool refused(const std::string& token, token_refusal why) override;

 private:
  bool may_run(time_point now, token_refusal why);
  void renew(const std::stop_token& stop);
  void take(printed now);
  bool has_worked(time_point now) const { return used_ && now - *used_ >= proof; }

  const std::string command_;
  const duration interval_;
  const std::shared_ptr<log_sink> log_;
  const std::shared_ptr<const runtime::clock> clock_;
  std::mutex mutex_;
  std::string token_;
  time_point since_;     ///< when the command first printed this token
  bool running_ = false;  ///< now, or soon
  bool failing_ = false;
  std::optional<time_point> asked_;  ///< when a refusal of this token last ran the command
  duration pause_ = pause_after_failure;  ///< the time from then to the next run by a refusal
  std::optional<time_point> used_;   ///< when a request first took it, after known_everywhere
  bool refused_ = false;             ///< after `spreading`
  bool worked_ = false;              ///< before it was refused
  /// The age at which a refusal of this token may run the command. A command may create a token
  /// each time, as Vault does: while none of them works, it runs ever less often.
  duration least_age_ = pause_after_failure;
  std::optional<time_point> right_missing_;  ///< when a missing right last ran the command
  runtime::periodic_thread thread_;  ///< ends before the rest is destroyed
};

token_command::token_command(std::string command, std::string first, duration interval,
                             std::shared_ptr<log_sink> log,
                             std::shared_ptr<const runtime::clock> clock)
    : command_(std::move(command)),
      interval_(interval),
      log_(std::move(log)),
      clock_(std::move(clock)),
      token_(std::move(first)),
      since_(clock_->now()),
      thread_([this](const std::stop_token& stop) { renew(stop); }, interval) {}

std::string token_command::token() {
  const std::lock_guard lock(mutex_);
  if (const time_point now = clock_->now(); !used_ && now - since_ >= known_everywhere) used_ = now;
  return token_;
}

bool token_command::refused(const std::string& token, token_refusal why) {
  const std::lock_guard lock(mutex_);
  const time_point now = clock_->now();
  if (token != token_ || now - since_ < spreading) return true;
  if (why == token_refusal::unknown_token && !std::exchange(refused_, true)) {
    worked_ = has_worked(now);
    if (worked_) least_age_ = pause_after_failure;
  }
  if (running_) return true;
  if (!may_run(now, why)) return false;
  running_ = true;
  thread_.run_soon();
  return true;
}

bool token_command::may_run(time_point now, token_refusal why) {
  // The next token most likely lacks the right as well, and may have to be created.
  if (why == token_refusal::missing_right) {
    if (right_missing_ && now - *right_missing_ < interval_) return false;
    right_missing_ = now;
    return true;
  }
  if (now - since_ < least_age_ || (asked_ && now - *asked_ < pause_)) return false;
  if (asked_) pause_ = std::min(pause_ * 2, longest_pause);
  asked_ = now;
  return true;
}

void token_command::renew(const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  printed now = run(command_, stop);
  if (!stop.stop_requested()) take(std::move(now));
}

void token_command::take(printed now) {
  const std::lock_guard lock(mutex_);
  running_ = false;
  if (!now.failure.empty()) {
    if (!std::exchange(failing_, true)) {
      log_->log(log_level::warn, "token command failed, the last token stays in use",
                {{"command", shown(command_)}, {"why", now.failure}});
    }
    return;
  }
  if (std::exchange(failing_, false))
    log_->log(log_level::info, "token command works again", {{"command", shown(command_)}});
  if (now.token == token_) return;
  log_->log(log_level::info, "token changed", {{"command", shown(command_)}});
  const time_point changed = clock_->now();
  if (refused_ ? worked_ : has_worked(changed)) {
    least_age_ = pause_after_failure;
  } else if (refused_) {
    least_age_ = std::min(least_age_ * 2, interval_);
  }
  token_ = std::move(now.token);
  since_ = changed;
  used_.reset();
  refused_ = false;
  worked_ = false;
  asked_.reset();
  pause_ = pause_after_failure;
}

}  // namespace

std::shared_ptr<token_source> follow_token_command(std::string command, duration interval,
                                                   std::shared_ptr<log_sink> log,
                                                   std::shared_ptr<const runtime::clock> clock) {
  if (command.empty()) throw bad_configuration("the token command is empty: name one");
  if (interval < 1s)
    throw bad_configuration("the interval of the token command is below 1 s: use 1 s or more");
  printed first = run(command, {});
  if (!first.failure.empty())
    throw bad_configuration("the token command '" + shown(command) + "' printed no token (" +
                            first.failure + "): run it by hand, as this user, to see why");
  return std::make_shared<token_command>(std::move(command), std::move(first.token), interval,
                                         log ? std::move(log) : silent_log(), std::move(clock));
}

}  // namespace consul

std::shared_ptr<token_source> token_from_command(std::string command, duration interval,
                                                 std::shared_ptr<log_sink> log) {
  return consul::follow_token_command(std::move(command), interval, std::move(log),
                                      runtime::system_boot_clock());
}

}  // namespace tenure
