// ./dev sim: runs seeds and reports the results.
#include <sys/resource.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "common/progress.hpp"
#include "sim/simulation.hpp"

namespace {

using namespace tenure;

[[noreturn]] void usage(const char* why) {
  std::fprintf(stderr,
               "sim: %s\nusage: sim [--seed N] [--seeds N] [--minutes M] [--trace] [--probes]\n",
               why);
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

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seed = 1;
  std::uint64_t seeds = 1;
  std::optional<duration> faults_for;
  bool trace = false;
  bool probes = false;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto number = [&] {
      if (i + 1 >= argc) usage((arg + " needs a number").c_str());
      char* end = nullptr;
      const std::uint64_t n = std::strtoull(argv[++i], &end, 10);
      if (*end != '\0') usage((arg + " needs a number").c_str());
      return n;
    };
    if (arg == "--seed") seed = number();
    else if (arg == "--seeds") seeds = number();
    else if (arg == "--minutes") faults_for = std::chrono::minutes(number());
    else if (arg == "--trace") trace = true;
    else if (arg == "--probes") probes = true;
    else usage(("unknown argument " + arg).c_str());
  }
  std::uint64_t failed = 0;
  std::uint64_t steps = 0;
  std::uint64_t terms = 0;
  std::uint64_t requests = 0;
  duration simulated{0};
  sim::probes all;
  const double began = cpu_seconds();
  apps::progress shown("sim", "seeds",
                       trace || seeds == 1 ? apps::show_progress::no : apps::show_progress::yes);
  for (std::uint64_t s = seed; s < seed + seeds; ++s) {
    shown.update(s - seed, seeds);
    const sim::outcome once =
        sim::simulate(sim::scenario::draw(s, faults_for), trace ? stdout : nullptr);
    steps += once.steps;
    terms += once.terms;
    requests += once.requests;
    simulated += once.simulated;
    all.add(once.probes);
    if (!once.passed() || seeds == 1) {
      std::printf("seed %" PRIu64 ": %s, hash %016" PRIx64 "\n  %s\n", s,
                  once.passed() ? "passed" : once.violation.c_str(), once.hash,
                  once.scenario.c_str());
    }
    if (!once.passed()) ++failed;
  }
  const double took = cpu_seconds() - began;
  const double hours = std::chrono::duration<double>(simulated).count() / 3600;
  if (probes) {
    for (const auto& [name, count] : all.counts())
      std::printf("%10" PRIu64 "  %s\n", count, name.c_str());
  }
  std::printf("%" PRIu64 " seeds, %" PRIu64 " failed; %.1f simulated hours, %" PRIu64
              " terms, %" PRIu64 " requests, %" PRIu64
              " events in %.1f s of one core: %.0f events/s, %.0f simulated hours per hour\n",
              seeds, failed, hours, terms, requests, steps, took,
              static_cast<double>(steps) / took, hours * 3600 / took);
  return failed == 0 ? 0 : 1;
}
