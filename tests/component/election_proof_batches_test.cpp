// Proofs are batched, as many in a transaction as the server takes.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

constexpr int many = 200;

agent::handler_options server_of(consul_version version) {
  agent::handler_options options;
  options.version = version;
  return options;
}

std::size_t operations_of(const runtime::http_request& r) {
  std::size_t n = 0;
  for (auto at = r.body.find("\"Verb\""); at != std::string::npos;
       at = r.body.find("\"Verb\"", at + 1)) {
    ++n;
  }
  return n;
}

/// A process that leads many elections. It acquired them one by one, so no claim has shown how many
/// operations the server takes.
class leaders {
 public:
  explicit leaders(consul_version version) : b(server_of(version)), p(b.add()) {
    for (int i = 0; i < many; ++i) {
      elections.push_back(p.elections->enter("t/" + std::to_string(i) + "/leader", quick()));
    }
    b.rt.advance(2s);
    for (election& e : elections) {
      e.stand();
      b.rt.advance(5ms);
    }
    p.transport->network = [this](runtime::lane, const runtime::http_request& r) {
      if (r.target.starts_with("/v1/txn?")) proofs.push_back(operations_of(r));
      return fate(500us, 500us);
    };
  }
  int leading() const {
    return static_cast<int>(std::ranges::count_if(
        elections, [](const election& e) { return e.current().holds(); }));
  }
  std::size_t larger_than_64() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(proofs, [](std::size_t n) { return n > 64; }));
  }

  election_fixture b;
  process& p;
  std::vector<election> elections;
  std::vector<std::size_t> proofs;  ///< the size of each
};

}  // namespace

TEST_CASE("a server that takes 128 operations gets up to 128 proofs in a transaction") {
  leaders c(consul_version::v1_21);
  REQUIRE(c.leading() == many);
  c.b.rt.advance(30s);
  CHECK(c.leading() == many);
  REQUIRE_FALSE(c.proofs.empty());
  CHECK(*std::ranges::max_element(c.proofs) <= 128);
  CHECK(c.larger_than_64() > 5);
  c.b.shut_down();
}

TEST_CASE("a server that takes 64 operations refuses one transaction, and no proof is late") {
  leaders c(consul_version::v1_8);
  REQUIRE(c.leading() == many);
  time_point least = time_point::max();
  for (int i = 0; i < 300; ++i) {
    c.b.rt.advance(100ms);
    for (const election& e : c.elections) {
      least = std::min(least, time_point(e.current().valid_until() - c.b.rt.now()));
    }
  }
  CHECK(c.leading() == many);
  CHECK(c.larger_than_64() == 1);
  CHECK(least > time_point(2s));  // of a lease of 5 s
  c.b.shut_down();
}

TEST_CASE("a server that takes 64 operations, after one that took 128, loses no term") {
  leaders c(consul_version::v1_21);
  c.b.rt.advance(10s);
  REQUIRE(c.larger_than_64() > 1);
  c.proofs.clear();
  // A proxy whose limit is that of 1.8 comes between, as when traffic moves to another agent.
  c.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool large = operations_of(r) > 64;
    if (r.target.starts_with("/v1/txn?")) c.proofs.push_back(operations_of(r));
    return large ? fate(mishap::too_large) : fate(500us, 500us);
  };
  c.b.rt.advance(30s);
  CHECK(c.leading() == many);
  CHECK(c.larger_than_64() <= 2);  // the second was in flight already
  c.b.shut_down();
}

TEST_CASE("terms of long keys are proven in transactions that Consul takes") {
  election_fixture b;
  process& p = b.add();
  std::vector<election> elections;
  for (int i = 0; i < 100; ++i) {
    elections.push_back(p.elections->enter(std::to_string(i) + std::string(8200, 'x'), quick()));
    elections.back().stand();
  }
  const auto leads = [](const election& e) { return e.current() && e.current().holds(); };
  REQUIRE(b.rt.run_until([&] { return std::ranges::all_of(elections, leads); }, 60s));
  std::vector<std::uint64_t> fences;
  for (const election& e : elections) fences.push_back(e.current().fence());
  b.rt.advance(30s);
  for (std::size_t i = 0; i < elections.size(); ++i) {
    REQUIRE(elections[i].current().holds());
    CHECK(elections[i].current().fence() == fences[i]);
  }
  b.shut_down();
}
