// A lane of tenure-cron: its terms, one after the other.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "common/dispatch_events.hpp"
#include "cron_term_fixture.hpp"
#include "support/kept_log.hpp"
#include "tenure-cron/daemon/lane.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::size_t starts_in(const kept_log& log) {
  const std::vector<std::string> lines = log.lines(log_level::info);
  return std::size_t(std::ranges::count_if(
      lines, [](const std::string& line) { return line.starts_with("schedule started"); }));
}

}  // namespace

TEST_CASE("terms that a write of the ledger ends one after the other come after growing pauses") {
  cron_fixture f;
  const auto log = std::make_shared<kept_log>();
  const cron::control_state control;
  cron_replica& r = f.add("p1", {make_job("a", "@every 1s")});
  r.lane.log = log;
  const auto lane =
      std::make_shared<cron::lane>(r.lane, std::move(r.candidate), control);
  asio::co_spawn(r.loop.executor(),
                 apps::dispatch_events(*r.process.elections,
                                       [lane](const event& e) { lane->update(e); }),
                 asio::detached);
  r.store.denied = true;
  lane->stand();
  f.rt.advance(60s);
  CHECK(starts_in(*log) >= 4);
  CHECK(starts_in(*log) <= 10);
  r.store.denied = false;
  f.rt.advance(30s);
  const std::size_t before = starts_in(*log);
  CHECK(f.runs("a", noon + 89s) == 1);
  // The first term that ends so after one that went on is as any lost one.
  r.store.denied = true;
  f.rt.run_until([&] { return !lane->leading().holds(); });
  r.store.denied = false;
  f.rt.advance(3s);
  CHECK(starts_in(*log) == before + 1);
  CHECK(lane->leading().holds());
  SECTION("a stop ends such a pause") {
    r.store.denied = true;
    f.rt.run_until([&] { return starts_in(*log) == before + 4; });
    f.rt.run_until([&] { return !lane->leading().holds(); });
  }
  lane->wind_down(cron::lane::after_runs::resign);
  f.rt.run(lane->ended());
  f.rt.run(lane->leave());
}
