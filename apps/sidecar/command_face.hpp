// A command that runs while this process leads, as under `tenure run`: started with the term, gone
// before its lease ends, started again when it ends. One that keeps failing costs its instance the
// leadership: another may do better.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

#include "command/term_commands.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "sidecar/face.hpp"
#include "sidecar/health_gate.hpp"
#include "sidecar/probe.hpp"

namespace tenure::sidecar {

class command_options {
 public:
  std::string election;  ///< its name
  duration span{0};      ///< the election's
  duration grace{0};     ///< from SIGTERM to SIGKILL
  std::vector<std::string> argv;
  std::string directory;  ///< empty: where we are
  duration first_pause = std::chrono::seconds(1);  ///< before it is started again; doubles
  duration longest_pause = std::chrono::seconds(30);
  duration steady = std::chrono::seconds(10);  ///< what ran for so long did not crash at its start
  health_rules health;
  duration interval = std::chrono::seconds(5);  ///< between probes
  duration timeout = std::chrono::seconds(2);   ///< of a probe
  duration start = std::chrono::seconds(10);    ///< before the first probe of a command
};

class command_face final : public face {
 public:
  command_face(std::shared_ptr<const runtime::environment> outside, command::command_host& host,
               standing_election& election, std::vector<std::shared_ptr<probe>> probes,
               command_options options);
  ~command_face() override;

  void changed(const status& now) override;
  boost::asio::awaitable<void> lead(term t) override;
  boost::asio::awaitable<void> run() override;

 private:
  boost::asio::awaitable<void> serve(term t);
  boost::asio::awaitable<void> run_once(term t);
  boost::asio::awaitable<void> ask_probes();
  command::invocation invocation_of(const term& t) const;
  time_point probe_at() const;
  void judge();
  void log(log_level level, const std::string& line) const;
  time_point now() const { return outside_->clock->now(); }

  std::shared_ptr<const runtime::environment> outside_;
  command::command_host& host_;
  standing_election& election_;
  std::vector<std::shared_ptr<probe>> probes_;
  const command_options options_;
  const int nothing_;  // /dev/null
  runtime::async_condition changed_;
  health_gate gate_;
  bool healthy_ = true;
  std::string why_;  // the last bad finding
  std::shared_ptr<command::term_commands> commands_;  // while lead() runs
  time_point running_since_ = time_point::max();
  time_point last_probe_ = time_point::min();
  duration pause_{0};  // before the next start
};

}  // namespace tenure::sidecar
