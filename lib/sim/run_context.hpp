// The parts of a run that its processes and contenders use.
#pragma once

#include <cstddef>
#include <string>

#include "sim/world.hpp"

namespace tenure::sim {

class scenario;
class server;
class network;
class safety_checker;

class run_context {
 public:
  run_context(sim::world& w, const sim::scenario& s, sim::server& consul, sim::network& n,
              safety_checker& c)
      : world(w), scenario(s), server(consul), network(n), checker(c) {}

  sim::world& world;
  const sim::scenario& scenario;
  sim::server& server;
  sim::network& network;
  safety_checker& checker;
};

/// The key of the election of that number. Most have a common prefix, some another one: no single
/// listing returns all of them.
std::string election_key(std::size_t election);
std::size_t election_number(const std::string& key);

}  // namespace tenure::sim
