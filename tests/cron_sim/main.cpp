// ./dev sim --cron: runs seeds of tenure-cron's simulation and reports the results.
#include "cron_sim/cron_simulation.hpp"
#include "support/seed_runs.hpp"

int main(int argc, char** argv) {
  using namespace tenure;
  const std::string command = "sim --cron";
  const test::seed_arguments wanted = test::read_seed_arguments(command, argc, argv);
  return test::run_seeds(command, wanted, [&](std::uint64_t seed, std::FILE* trace) {
    const auto drawn = cron_sim::cron_scenario::draw(seed, wanted.faults_for);
    const cron_sim::outcome once =
        cron_sim::simulate(drawn, cron_sim::mistake::none, trace);
    return test::seed_outcome{
        .violation = once.violation,
        .hash = once.hash,
        .scenario = once.scenario,
        .simulated = once.simulated,
        .counts = {{"runs of jobs", once.runs}, {"requests", once.requests}},
        .probes = once.probes};
  });
}
