#include <catch2/catch_test_macros.hpp>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_config.hpp>

#include "core/util/backoff.hpp"
#include "core/lease/lease_rules.hpp"

using namespace tenure;
using namespace std::chrono_literals;

TEST_CASE("a lease ends before any successor starts, even with the slowest clock allowed") {
  const time_point sent(1000s);
  const std::initializer_list<duration> spans = {500ms, 1s, 5s, 15s, 10min};
  for (const duration span : spans) {
    const core::lease_rules rules(span, core::lease_rules::default_stop_budget(span));
    // Lost at the earliest moment after the proof was sent, seen free in the same instant.
    const time_point successor = rules.quarantine_end(sent, 0s);
    REQUIRE(successor == sent + span);
    // The holder's clock runs slow by a hundredth: it takes the lease's length for longer than it
    // is.
    const duration kept = rules.lease_end(sent) - sent;
    REQUIRE(kept + kept / core::drift_parts < span);
    REQUIRE(successor - rules.lease_end(sent) >= core::lease_rules::margin_of(span));
    REQUIRE(rules.stop_at(sent) < rules.lease_end(sent));
    REQUIRE(rules.stop_at(sent) - sent > rules.proof_interval() + rules.proof_timeout());
    REQUIRE(rules.proof_interval() <= span / 3);
  }
}

TEST_CASE("a successor waits for the larger of the spans") {
  const core::lease_rules rules(1s, 100ms);
  REQUIRE(rules.quarantine_end(time_point(5s), 4s) == time_point(9s));
  REQUIRE(rules.quarantine_end(time_point(5s), 10ms) == time_point(6s));
}

TEST_CASE("pauses double, stay under their cap and are never less than half a step") {
  core::backoff b(100ms, 1s);
  REQUIRE(b.next(0) == 50ms);
  REQUIRE(b.next(~std::uint64_t{0}) <= 200ms);
  for (int i = 0; i < 20; ++i) {
    const duration pause = b.next(static_cast<std::uint64_t>(i) * 7919 * 1'000'003);
    REQUIRE(pause <= 1s);
    REQUIRE(pause >= 200ms);
  }
  b.reset();
  REQUIRE(b.next(0) == 50ms);
}

namespace {

std::string refusal(const candidacy& how) {
  try {
    how.check();
  } catch (const bad_configuration& e) {
    return e.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a candidacy that cannot work is refused with its value and the remedy") {
  REQUIRE(refusal(candidacy("a")).empty());
  REQUIRE(refusal(candidacy("")).find("empty value") != std::string::npos);
  REQUIRE(refusal(candidacy(std::string(600'000, 'x'))).find("600000") != std::string::npos);
  REQUIRE(refusal(candidacy("a").span(499ms)).find("499ms") != std::string::npos);
  REQUIRE(refusal(candidacy("a").ttl(9s)).find("10s to 24h") != std::string::npos);
  REQUIRE(refusal(candidacy("a").lock_delay(61s)).find("1m1s") != std::string::npos);
  REQUIRE(refusal(candidacy("a").lock_delay(1ns)).find("1ns") != std::string::npos);
  REQUIRE(refusal(candidacy("a").lock_delay(0s)).empty());
}

TEST_CASE("a stop budget that one late proof would break is refused, with the sum") {
  REQUIRE(refusal(candidacy("a").span(15s).stop_budget(9700ms)).empty());
  const std::string why = refusal(candidacy("a").span(15s).stop_budget(9701ms));
  REQUIRE(why.find("2/3 x 15s - margin 300ms = 9s700ms") != std::string::npos);
  REQUIRE(candidacy("a").span(15s).stop_budget() == 5s);
  REQUIRE(candidacy("a").span(6s).stop_budget() == 2s);
  REQUIRE(candidacy("a").span(90s).lock_delay() == 60s);
}
