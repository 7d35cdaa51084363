#include "consul/token_command.hpp"

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

constexpr duration time_limit = 30s;
// Consul's servers learn of a new token one after the other. One that is younger than this may be
// unknown to the server that refused it: the request waits, and the command does not run.
constexpr duration spreading = 2s;
// Refusals run the command at most once in this time. A token that lacks a right is refused again
// and again, and the command prints the same one each time.
constexpr duration between_refusals = 5s;
constexpr std::size_t longest_token = 4096;
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
  if (now.token.size() > longest_token) now.failure = "its first line is longer than any token";
  if (const std::string why = bad_token(now.token); !why.empty())
    now.failure = "its first line " + why;
  return now;
}

/// A thread runs the command, because it may take long.
class token_command final : public token_source {
 public:
  token_command(std::string command, std::string first, duration interval,
                std::shared_ptr<log_sink> log, std::shared_ptr<const runtime::clock> clock);

  std::string token() override;
  bool refused(const std::string& token) override;

 private:
  void renew(const std::stop_token& stop);
  void take(printed now);

  const std::string command_;
  const std::shared_ptr<log_sink> log_;
  const std::shared_ptr<const runtime::clock> clock_;
  std::mutex mutex_;
  std::string token_;
  time_point since_;     ///< when the command first printed this token
  bool running_ = false;  ///< now, or soon
  bool failing_ = false;
  std::optional<time_point> asked_;  ///< when a refusal last ran the command
  runtime::periodic_thread thread_;  ///< ends before the rest is destroyed
};

token_command::token_command(std::string command, std::string first, duration interval,
                             std::shared_ptr<log_sink> log,
                             std::shared_ptr<const runtime::clock> clock)
    : command_(std::move(command)),
      log_(std::move(log)),
      clock_(std::move(clock)),
      token_(std::move(first)),
      since_(clock_->now()),
      thread_([this](const std::stop_token& stop) { renew(stop); }, interval) {}

std::string token_command::token() {
  const std::lock_guard lock(mutex_);
  return token_;
}

bool token_command::refused(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const time_point now = clock_->now();
  if (token != token_ || running_ || now - since_ < spreading) return true;
  if (asked_ && now - *asked_ < between_refusals) return false;
  asked_ = now;
  running_ = true;
  thread_.run_soon();
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
  token_ = std::move(now.token);
  since_ = clock_->now();
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
