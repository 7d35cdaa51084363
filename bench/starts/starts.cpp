// tenure_starts MODE N MARK: starts the program MARK N times, and prints lines `METRIC UNIT VALUE`.
//
//   bare      all at once, by a bare loop of posix_spawn: what starting costs at least
//   commands  all at once, each under a guardian, as tenure-cron starts its jobs
//   paced     100 a second, each under a guardian
//   held      all run at the same time: descriptors and memory of each
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "command/guardian/descendants.hpp"
#include "command/guardian/guardian.hpp"
#include "command/process_host.hpp"

namespace {

namespace asio = boost::asio;
using namespace tenure;
using namespace std::chrono_literals;
using command::lease_timer;

constexpr duration tick = 10ms;  // of the timer that shows how late the loop is
constexpr int starts_a_second = 100;
constexpr const char* held_for_ms = "600000";

void report(const char* metric, const char* unit, double value) {
  std::printf("%s %s %.3f\n", metric, unit, value);
}

double in_ms(duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

std::string text_of(time_point due) { return std::to_string(due.time_since_epoch().count()); }

/// The pipe to which the started programs write.
class marks {
 public:
  marks() {
    if (::pipe2(ends_, O_CLOEXEC) != 0) std::abort();
    ::fcntl(ends_[1], F_SETPIPE_SZ, 1 << 20);
  }
  int writable() const { return ends_[1]; }

  /// Reports the lateness of all programs; all have ended.
  void report_lateness(std::size_t expected) {
    std::vector<double> late;
    std::int64_t ns = 0;
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
    while (::read(ends_[0], &ns, sizeof ns) == sizeof ns) late.push_back(in_ms(duration(ns)));
    if (late.size() != expected) {
      std::fprintf(stderr, "starts: %zu of %zu programs ran\n", late.size(), expected);
      std::exit(1);
    }
    std::sort(late.begin(), late.end());
    report("lateness_p50", "ms", late[late.size() / 2]);
    report("lateness_p99", "ms", late[static_cast<std::size_t>(
                                     std::ceil(static_cast<double>(late.size()) * 0.99)) - 1]);
    report("lateness_max", "ms", late.back());
  }

 private:
  int ends_[2];
};

void bare(std::size_t n, const std::string& program) {
  marks output;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, output.writable(), STDOUT_FILENO);
  std::string due = text_of(boot_clock::now());
  std::string name = program;
  char* const argv[] = {name.data(), due.data(), nullptr};
  for (std::size_t i = 0; i < n; ++i) {
    pid_t pid = 0;
    if (::posix_spawn(&pid, name.c_str(), &actions, nullptr, argv, environ) != 0) std::abort();
  }
  while (::waitpid(-1, nullptr, 0) > 0) {}
  output.report_lateness(n);
}

class guarded_starts {
 public:
  guarded_starts(asio::io_context& io, std::string program)
      : io_(io), host_(io.get_executor(), silent_log()), program_(std::move(program)) {
    host_.prepare();
  }

  asio::awaitable<void> at_once(std::size_t n) {
    co_await settle();
    asio::co_spawn(io_, watch_loop(), asio::detached);
    const time_point due = boot_clock::now();
    for (std::size_t i = 0; i < n; ++i) {
      start(due);
      co_await asio::post(io_, asio::use_awaitable);  // renewals have their turns
    }
    report("all_sent", "ms", in_ms(boot_clock::now() - due));
    co_await all_gone();
    output_.report_lateness(n);
    report("loop_late_max", "ms", in_ms(latest_));
  }

  asio::awaitable<void> paced(std::size_t n) {
    co_await settle();
    asio::co_spawn(io_, watch_loop(), asio::detached);
    lease_timer timer(io_);
    const time_point begin = boot_clock::now() + 100ms;
    for (std::size_t i = 0; i < n; ++i) {
      const time_point due = begin + i * duration(1s) / starts_a_second;
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
      start(due);
    }
    co_await all_gone();
    output_.report_lateness(n);
    report("loop_late_max", "ms", in_ms(latest_));
  }

  asio::awaitable<void> held(std::size_t n) {
    co_await settle();
    const std::size_t descriptors = open_descriptors();
    const double memory = pss_kib(::getpid());
    const time_point due = boot_clock::now();
    for (std::size_t i = 0; i < n; ++i) start(due, held_for_ms);
    lease_timer pause(io_);
    for (const auto& each : started_) {
      while (each->pid() == 0) {
        pause.expires_after(1ms);
        co_await pause.async_wait(asio::use_awaitable);
      }
    }
    const double count = static_cast<double>(n);
    report("runner_descriptors", "", static_cast<double>(open_descriptors() - descriptors) / count);
    report("runner_memory", "KiB", (pss_kib(::getpid()) - memory) / count);
    double guardians = 0;
    for (const pid_t zygote : command::children_of(::getpid()))
      for (const pid_t guardian : command::children_of(zygote)) guardians += pss_kib(guardian);
    report("guardian_memory", "KiB", guardians / count);
    for (const auto& each : started_) each->kill();
    co_await all_gone();
  }

 private:
  void start(time_point due, const char* sleep_ms = nullptr) {
    command::invocation what;
    what.argv = {program_, text_of(due)};
    if (sleep_ms != nullptr) what.argv.emplace_back(sleep_ms);
    what.inherit_environment();
    what.output = output_.writable();
    started_.push_back(host_.start(what, command::lease_times()));
  }

  // The zygote is ready.
  asio::awaitable<void> settle() {
    lease_timer pause(io_, boot_clock::now() + 200ms);
    co_await pause.async_wait(asio::use_awaitable);
  }

  asio::awaitable<void> all_gone() {
    for (const auto& each : started_) co_await each->gone();
    done_ = true;
  }

  asio::awaitable<void> watch_loop() {
    lease_timer timer(io_);
    while (!done_) {
      const time_point due = boot_clock::now() + tick;
      timer.expires_at(due);
      co_await timer.async_wait(asio::use_awaitable);
      latest_ = std::max(latest_, boot_clock::now() - due);
    }
  }

  static std::size_t open_descriptors() {
    const auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

  // The share of the memory that this process alone is accountable for.
  static double pss_kib(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
    for (std::string word; file >> word;) {
      double kib = 0;
      if (word == "Pss:" && file >> kib) return kib;
    }
    return 0;
  }

  asio::io_context& io_;
  command::process_host host_;
  std::string program_;
  marks output_;
  std::vector<std::shared_ptr<command::supervised_command>> started_;
  duration latest_{0};
  bool done_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  command::run_guardian_if_requested(argc, argv);
  if (argc != 4) return 64;
  const std::string mode = argv[1];
  const std::size_t n = std::strtoul(argv[2], nullptr, 10);
  if (mode == "bare") {
    bare(n, argv[3]);
    return 0;
  }
  asio::io_context io{1};
  guarded_starts all(io, argv[3]);
  const auto fail = [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  };
  if (mode == "commands") {
    asio::co_spawn(io, all.at_once(n), fail);
  } else if (mode == "paced") {
    asio::co_spawn(io, all.paced(n), fail);
  } else if (mode == "held") {
    asio::co_spawn(io, all.held(n), fail);
  } else {
    return 64;
  }
  io.run();
  return 0;
}
