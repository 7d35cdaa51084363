// What a process logs while Consul fails: one warning for each outage.
#include <catch2/catch_test_macros.hpp>
#include <tenure/outage_log.hpp>

#include "election_adversity.hpp"
#include "support/kept_log.hpp"

using namespace tenure;
using namespace tenure::test;
using runtime::lane;

namespace {

/// Processes that log to one place.
class stage {
 public:
  process& add(elections_options options = {}) { return b.add(std::move(options.log(log))); }
  std::size_t warnings(std::string_view event) const {
    std::size_t n = 0;
    for (const std::string& line : log->lines(log_level::warn)) n += line.starts_with(event);
    return n;
  }
  std::size_t warnings() const { return log->lines(log_level::warn).size(); }
  std::size_t ends() const { return count_of("requests succeed again", log_level::info); }
  std::size_t count_of(std::string_view event, log_level level) const {
    std::size_t n = 0;
    for (const std::string& line : log->lines(level)) n += line.starts_with(event);
    return n;
  }

  std::shared_ptr<kept_log> log = std::make_shared<kept_log>();
  election_fixture b;
};

auto in_lane(lane which, mishap what) {
  return [=](lane where, const runtime::http_request&) {
    return fate(where == which ? what : mishap::none);
  };
}

}  // namespace

TEST_CASE("at the limit of connections polls fail between lists that succeed: one warning") {
  for (const mishap what : {mishap::throttled, mishap::reset_before}) {
    stage s;
    process& p = s.add();
    election e = p.elections->enter(key, quick());
    p.transport->network = in_lane(lane::polls, what);
    e.stand();
    s.b.rt.advance(30s);
    CHECK(s.count_of("watch failed", log_level::debug) > 50);
    CHECK(s.warnings() == 1);
    CHECK(s.ends() == 0);
    p.reconnect();
    s.b.rt.advance(1min);
    CHECK(s.warnings() == 1);
    CHECK(s.ends() == 1);
    s.b.shut_down();
  }
}

TEST_CASE("a Consul that is away is one warning for watches, renewals and the liveness check") {
  stage s;
  process& p = s.add(elections_options().liveness(2s));
  std::vector<election> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(p.elections->enter("service/" + std::to_string(i) + "/leader", quick()));
    all.back().stand();
  }
  s.b.rt.advance(5s);
  REQUIRE(all.front().standing() == standing::leading);
  p.transport->network = [](lane, const runtime::http_request&) { return mishap::refused; };
  s.b.rt.advance(3min);
  CHECK(s.count_of("session", log_level::debug) > 5);
  // The lost terms and the late liveness check are other events.
  CHECK(s.warnings("watch failed") + s.warnings("session renewal failed") +
            s.warnings("session create failed") + s.warnings("liveness check pass failed") ==
        1);
  p.reconnect();
  s.b.rt.advance(2min);
  CHECK(s.ends() == 1);
  s.b.shut_down();
}

TEST_CASE("an outage of another kind is another warning") {
  stage s;
  process& p = s.add();
  election e = p.elections->enter(key, quick());
  e.stand();
  s.b.rt.advance(1s);
  p.transport->network = in_lane(lane::polls, mishap::throttled);
  s.b.rt.advance(40s);
  p.transport->network = in_lane(lane::polls, mishap::refused);
  s.b.rt.advance(1s);
  CHECK(s.warnings() == 2);
  p.reconnect();
  s.b.rt.advance(2min);
  CHECK(s.warnings() == 2);
  CHECK(s.ends() == 2);
  s.b.shut_down();
}

TEST_CASE("elections objects that share an outage log warn once, others once each") {
  for (const bool shared : {true, false}) {
    stage s;
    elections_options options;
    if (shared) options.outages(std::make_shared<outage_log>(s.log));
    std::vector<election> all;
    for (int i = 0; i < 3; ++i) {
      process& p = s.add(options);
      all.push_back(p.elections->enter(key + std::to_string(i), quick()));
      p.transport->network = in_lane(lane::polls, mishap::throttled);
      all.back().stand();
    }
    s.b.rt.advance(1min);
    CHECK(s.warnings() == (shared ? 1 : 3));
    s.b.shut_down();
  }
}
