// ./dev sim --cron: runs seeds of tenure-cron's simulation and reports the results.
#include <sys/resource.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "common/progress.hpp"
#include "cron_sim/cron_simulation.hpp"

namespace {

using namespace tenure;

[[noreturn]] void usage(const std::string& why) {
  std::fprintf(stderr,
               "sim --cron: %s\nusage: sim --cron [--seed N] [--seeds N] [--minutes M] [--trace] "
               "[--probes]\n",
               why.c_str());
  std::exit(64);
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct arguments {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::optional<duration> faults_for;
  bool trace = false;
  bool probes = false;
};

arguments read_arguments(int argc, char** argv) {
  arguments read;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto number = [&] {
      if (i + 1 >= argc) usage(arg + " needs a number");
      char* end = nullptr;
      const std::uint64_t n = std::strtoull(argv[++i], &end, 10);
      if (*end != '\0') usage(arg + " needs a number");
      return n;
    };
    if (arg == "--seed") read.seed = number();
    else if (arg == "--seeds") read.seeds = number();
    else if (arg == "--minutes") read.faults_for = std::chrono::minutes(number());
    else if (arg == "--trace") read.trace = true;
    else if (arg == "--probes") read.probes = true;
    else usage("unknown argument " + arg);
  }
  return read;
}

}  // namespace

int main(int argc, char** argv) {
  const arguments args = read_arguments(argc, argv);
  std::uint64_t failed = 0;
  std::uint64_t runs = 0;
  std::uint64_t requests = 0;
  duration simulated{0};
  sim::probes all;
  const double began = cpu_seconds();
  const bool quiet = args.trace || args.seeds == 1;
  apps::progress shown("sim --cron", "seeds",
                       quiet ? apps::show_progress::no : apps::show_progress::yes);
  for (std::uint64_t s = args.seed; s < args.seed + args.seeds; ++s) {
    shown.update(s - args.seed, args.seeds);
    const auto drawn = cron_sim::cron_scenario::draw(s, args.faults_for);
    const cron_sim::outcome once =
        cron_sim::simulate(drawn, cron_sim::mistake::none, args.trace ? stdout : nullptr);
    runs += once.runs;
    requests += once.requests;
    simulated += once.simulated;
    all.add(once.probes);
    if (!once.passed()) ++failed;
    if (once.passed() && args.seeds > 1) continue;
    std::printf("seed %" PRIu64 ": %s, hash %016" PRIx64 "\n  %s\n", s,
                once.passed() ? "passed" : once.violation.c_str(), once.hash,
                once.scenario.c_str());
    std::fflush(stdout);
  }
  const double took = cpu_seconds() - began;
  const double hours = std::chrono::duration<double>(simulated).count() / 3600;
  if (args.probes) {
    for (const auto& [name, count] : all.counts())
      std::printf("%10" PRIu64 "  %s\n", count, name.c_str());
  }
  std::printf("%" PRIu64 " seeds, %" PRIu64 " failed; %.1f simulated hours, %" PRIu64
              " runs of jobs, %" PRIu64 " requests in %.1f s of one core: %.0f simulated hours "
              "per hour\n",
              args.seeds, failed, hours, runs, requests, took, hours * 3600 / took);
  return failed == 0 ? 0 : 1;
}
