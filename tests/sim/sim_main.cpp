// ./dev sim: runs seeds and reports the results.
#include "sim/simulation.hpp"
#include "support/seed_runs.hpp"

int main(int argc, char** argv) {
  using namespace tenure;
  const std::string command = "sim";
  const test::seed_arguments wanted = test::read_seed_arguments(command, argc, argv);
  return test::run_seeds(command, wanted, [&](std::uint64_t seed, std::FILE* trace) {
    const sim::outcome once = sim::simulate(sim::scenario::draw(seed, wanted.faults_for), trace);
    return test::seed_outcome{
        .violation = once.violation,
        .hash = once.hash,
        .scenario = once.scenario,
        .simulated = once.simulated,
        .counts = {{"terms", once.terms}, {"requests", once.requests}, {"events", once.steps}},
        .probes = once.probes};
  });
}
