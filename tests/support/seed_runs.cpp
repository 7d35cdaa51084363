#include "support/seed_runs.hpp"

#include <sys/resource.h>

#include <charconv>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "common/progress.hpp"

namespace tenure::test {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 64;

constexpr std::string_view about =
    "  --seed N     the first seed (default: 1)\n"
    "  --seeds N    how many (default: 1)\n"
    "  --minutes M  how long the faults last (default: as the seed says)\n"
    "  --trace      print what happens, line by line\n"
    "  --probes     print how often each fault and each rare path occurred\n";

[[noreturn]] void refuse(const std::string& command, const std::string& why) {
  std::fprintf(stderr, "%s: %s (see --help)\n", command.c_str(), why.c_str());
  std::exit(exit_usage);
}

[[noreturn]] void help(const std::string& command) {
  std::printf("usage: ./dev %s [--seed N] [--seeds N] [--minutes M] [--trace] [--probes]\n\n%s",
              command.c_str(), std::string(about).c_str());
  std::exit(0);
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

volatile std::sig_atomic_t interrupted = 0;

void interrupt(int) { interrupted = 1; }

/// The sums of what has run so far.
class sums {
 public:
  void add(const seed_outcome& once) {
    ++seeds_;
    if (!once.violation.empty()) ++failed_;
    simulated_ += once.simulated;
    probes_.add(once.probes);
    counts_.resize(once.counts.size());
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      counts_[i].first = once.counts[i].first;
      counts_[i].second += once.counts[i].second;
    }
  }
  bool failed() const noexcept { return failed_ > 0; }

  void print_probes() const {
    for (const auto& [name, count] : probes_.counts()) {
      std::printf("%10" PRIu64 "  %s\n", count, name.c_str());
    }
  }
  void print(double cpu) const {
    const double hours = std::chrono::duration<double>(simulated_).count() / 3600;
    std::printf("%" PRIu64 " seeds, %" PRIu64 " failed; %.1f simulated hours", seeds_, failed_,
                hours);
    for (const auto& [name, count] : counts_) {
      std::printf(", %" PRIu64 " %s", count, name.c_str());
    }
    std::printf(" in %.1f s of one core: %.0f simulated hours an hour\n", cpu, hours * 3600 / cpu);
  }

 private:
  std::uint64_t seeds_ = 0;
  std::uint64_t failed_ = 0;
  duration simulated_{0};
  std::vector<std::pair<std::string, std::uint64_t>> counts_;
  sim::probes probes_;
};

}  // namespace

seed_arguments read_seed_arguments(const std::string& command, int argc, char** argv) {
  seed_arguments read;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto number = [&] {
      const std::string_view text = i + 1 < argc ? argv[++i] : "";
      std::uint64_t n = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
      if (error != std::errc() || end != text.data() + text.size()) {
        refuse(command, arg + " needs a whole number, not \"" + std::string(text) + "\"");
      }
      return n;
    };
    if (arg == "--seed") read.seed = number();
    else if (arg == "--seeds") read.seeds = number();
    else if (arg == "--minutes") read.faults_for = std::chrono::minutes(number());
    else if (arg == "--trace") read.trace = true;
    else if (arg == "--probes") read.probes = true;
    else if (arg == "--help" || arg == "-h") help(command);
    else refuse(command, "unknown argument " + arg);
  }
  return read;
}

int run_seeds(const std::string& command, const seed_arguments& wanted, const seed_run& run) {
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  sums all;
  const double began = cpu_seconds();
  const bool one = wanted.seeds == 1;
  apps::progress shown(command, "seeds",
                       wanted.trace || one ? apps::show_progress::no : apps::show_progress::yes);
  for (std::uint64_t i = 0; i < wanted.seeds && interrupted == 0; ++i) {
    shown.update(i, wanted.seeds);
    const std::uint64_t seed = wanted.seed + i;
    const seed_outcome once = run(seed, wanted.trace ? stdout : nullptr);
    all.add(once);
    if (once.violation.empty() && !one) continue;
    const std::string how = once.violation.empty() ? "passed" : once.violation;
    std::printf("seed %" PRIu64 ": %s, hash %016" PRIx64 "\n  %s\n", seed, how.c_str(), once.hash,
                once.scenario.c_str());
    std::fflush(stdout);
  }
  if (wanted.probes) all.print_probes();
  all.print(cpu_seconds() - began);
  return all.failed() ? exit_failed : 0;
}

}  // namespace tenure::test
