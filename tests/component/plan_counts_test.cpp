// What tenure plan counts is what processes in virtual time do: within a tenth.
//
// TENURE_PLAN_MEMBERS and TENURE_PLAN_ELECTIONS make the group larger. 50 members with 20,000
// elections take minutes and gigabytes; docs/scale.md has the result.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <tenure/group.hpp>
#include <tenure/sharded_key.hpp>
#include <vector>

#include "election_fixture.hpp"
#include "tenure/plan/model.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;
using plan::workload;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// What all processes sent and received.
struct counts {
  double proofs = 0;
  double polls = 0;
  double renewals = 0;
  double others = 0;
  double bytes_sent = 0;
  double bytes_read = 0;
};

/// A Consul that takes that number of operations a transaction.
agent::handler_options server_for(const workload& work) {
  agent::handler_options how;
  how.version = work.operations == 64 ? consul_version::v1_8 : consul_version::v1_21;
  return how;
}

class counted_processes : public election_fixture {
 public:
  explicit counted_processes(const workload& work)
      : election_fixture(server_for(work)), work_(work) {
    for (std::uint64_t i = 0; i < work.processes; ++i) add_counted();
    for (std::uint64_t i = 0; i < work.elections; ++i) {
      // All keys have the same length.
      const std::string number = std::to_string(1'000'000 + i);
      keys.push_back(sharded_key("jobs", "election-" + number));
    }
  }

  candidacy how() const {
    return candidacy("host-1.example:8080").span(work_.span).ttl(work_.ttl);
  }
  void enter_group() {
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const membership member("member-" + std::to_string(i), how());
      groups.push_back(processes[i]->elections->join("jobs", member));
      for (const std::string& key : keys) stand(groups.back().enter(key));
    }
  }
  /// The contenders of an election are neighbours, and the first one leads it.
  void enter_pairs() {
    for (std::size_t c = 0; c < work_.contenders; ++c) {
      for (std::size_t k = 0; k < keys.size(); ++k) {
        process& p = *processes[(k + c) % processes.size()];
        stand(p.elections->enter(keys[k], how()));
      }
      REQUIRE(rt.run_until([&] { return led() == work_.elections; }, 10min));
    }
  }
  std::size_t led() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        entered, [](const election& e) { return e.standing() == standing::leading; }));
  }
  double blocking_queries() const {
    std::size_t all = 0;
    for (const auto& p : processes) all += p->transport->in_flight(runtime::lane::polls);
    return static_cast<double>(all);
  }
  double stored(const std::string& target) {
    const std::string body = ask("GET", target).body;
    const std::string mark = target.find("keys") != target.npos ? "\"," : "\"ID\":";
    double all = 0;
    for (auto at = body.find(mark); at != body.npos; at = body.find(mark, at + 1)) ++all;
    return target.find("keys") != target.npos ? all + 1 : all;
  }

  counts sum;
  std::vector<std::string> keys;
  std::vector<group> groups;
  std::vector<election> entered;

 private:
  void add_counted() {
    consul_config config;
    config.connections(work_.connections);
    process& p = add(elections_options().wait(work_.wait), config);
    p.transport->network = [this](runtime::lane where, const runtime::http_request& request) {
      note(where, request);
      return fate();
    };
    p.transport->observer = [this](const runtime::http_request&, runtime::http_response& answer) {
      sum.bytes_read += static_cast<double>(answer.body.size());
    };
  }
  void note(runtime::lane where, const runtime::http_request& request) {
    sum.bytes_sent += static_cast<double>(request.body.size());
    if (where == runtime::lane::polls) {
      ++sum.polls;
    } else if (request.target.starts_with("/v1/session/renew")) {
      ++sum.renewals;
    } else if (where == runtime::lane::renewals) {
      ++sum.proofs;
    } else {
      ++sum.others;
    }
  }
  void stand(election e) {
    e.stand();
    entered.push_back(std::move(e));
  }

  const workload work_;
};

void check_near(const char* what, double planned, double counted) {
  std::printf("%-18s planned %14.2f, counted %14.2f\n", what, planned, counted);
  INFO(what << ": planned " << planned << ", counted " << counted);
  CHECK(counted >= 0.9 * planned);
  CHECK(counted <= 1.1 * planned);
}

void compare(workload work) {
  counted_processes all(work);
  work.key_bytes = all.keys.front().size();
  work.value_bytes = all.how().value().size();
  const plan::demand planned = plan::plan(work);
  if (work.group) {
    all.enter_group();
  } else {
    all.enter_pairs();
  }
  REQUIRE(all.rt.run_until([&] { return all.led() == work.elections; }, 10min));
  all.rt.advance(2min);  // the group settles, and every poll has begun a new turn
  REQUIRE(all.led() == work.elections);

  all.sum = counts();
  // A whole number of proofs, renewals and polls.
  const double time = 10 * plan::poll_seconds(work.wait);
  all.rt.advance(std::chrono::duration_cast<duration>(std::chrono::duration<double>(time)));
  const counts seen = all.sum;
  const plan::traffic& a_second = planned.a_second;
  check_near("proofs", a_second.proofs * time, seen.proofs);
  check_near("polls", a_second.polls * time, seen.polls);
  check_near("renewals", a_second.renewals * time, seen.renewals);
  check_near("requests", a_second.requests() * time,
             seen.proofs + seen.polls + seen.renewals + seen.others);
  check_near("bytes sent", a_second.bytes_sent * time, seen.bytes_sent);
  check_near("bytes received", a_second.bytes_read * time, seen.bytes_read);
  check_near("blocking queries", static_cast<double>(planned.queries), all.blocking_queries());
  check_near("keys", static_cast<double>(planned.keys), all.stored("/v1/kv/?keys"));
  check_near("sessions", static_cast<double>(planned.sessions), all.stored("/v1/session/list"));
  all.entered.clear();
  all.groups.clear();
  all.shut_down();
}

}  // namespace

TEST_CASE("a group does what tenure plan says") {
  workload work;
  work.processes = work.contenders = from_environment("TENURE_PLAN_MEMBERS", 4);
  work.elections = from_environment("TENURE_PLAN_ELECTIONS", 600);
  work.group = true;
  compare(work);
}

TEST_CASE("processes without a group do what tenure plan says") {
  workload work;
  work.processes = 4;
  work.contenders = 2;
  work.elections = 1600;  // the second half of a process's elections makes no new plan
  work.span = 9s;
  work.connections = 80;
  work.operations = 128;
  compare(work);
}

TEST_CASE("a few elections have a query each") {
  workload work;
  work.processes = 3;
  work.contenders = 2;
  work.elections = 6;
  work.ttl = 12s;
  compare(work);
}

TEST_CASE("the queries for sharded keys are those of the plan of ranges") {
  CHECK(plan::queries_for(1, 26) == 1);
  CHECK(plan::queries_for(8, 26) == 8);
  CHECK(plan::queries_for(100, 26) == 1);
  CHECK(plan::queries_for(10'000, 26) == 25);
  CHECK(plan::queries_for(100'000, 64) == 64);
  workload none;
  none.elections = 0;
  CHECK_THROWS(plan::plan(none));
}
