// What operators read of a ledger: its jobs, and those of its hosts.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "cron_term_fixture.hpp"
#include "tenure-cron/operating/operations.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

// As it is right after its 20th record: all of them are in a page.
void store_full_page(cron_fixture& f, const cron::ledger_keys& keys, const std::string& host) {
  std::vector<cron::run_record> all;
  for (int i = 0; i < int(cron::records_per_page); ++i) {
    cron::run_record r;
    r.tick = r.until = noon + i * 1s;
    r.host = host;
    r.attempts = 1;
    all.push_back(r);
  }
  cron::ledger_document document;
  document.pages = 1;
  document.records = cron::records_per_page;
  f.ask("PUT", keys.document("a"), cron::to_json(document));
  f.ask("PUT", keys.page("a", 1), cron::page_to_json(all));
}

}  // namespace

TEST_CASE("the last run of a job is known when its records have moved into a page, on each host") {
  cron_fixture f;
  cron_replica& r = f.add("p1", {});
  const cron::ledger_keys keys("cron");
  store_full_page(f, keys, "leader");
  store_full_page(f, keys.of_host("h1"), "h1");
  store_full_page(f, keys.of_host("h2"), "h2");
  const std::vector<cron::job_status> all =
      f.rt.run(cron::read_jobs(r.process.elections->kv(), "cron"));
  REQUIRE(all.size() == 3);
  const std::vector<std::string> members{"", "h1", "h2"}, hosts{"leader", "h1", "h2"};
  for (std::size_t i = 0; i < all.size(); ++i) {
    INFO(hosts[i]);
    CHECK(all[i].name == "a");
    CHECK(all[i].member == members[i]);
    REQUIRE(all[i].last() != nullptr);
    CHECK(all[i].last()->host == hosts[i]);
    CHECK(all[i].last()->tick == noon + 19s);
  }
  const auto one = f.rt.run(cron::read_job(r.process.elections->kv(), keys.of_host("h2"), "a"));
  REQUIRE(one.has_value());
  REQUIRE(one->last() != nullptr);
  CHECK(one->last()->host == "h2");
}

TEST_CASE("a history reads as many pages as it may need, whatever number the document has") {
  cron_fixture f;
  cron_replica& r = f.add("p1", {});
  const cron::ledger_keys keys("cron");
  cron::run_record one;
  one.tick = one.until = noon;
  one.attempts = 1;
  for (std::uint64_t n = 1; n <= 30; ++n)
    f.ask("PUT", keys.page("a", n), cron::page_to_json({one}));
  cron::ledger_document document;
  document.pages = 30;
  f.ask("PUT", keys.document("a"), cron::to_json(document));
  const auto kv = r.process.elections->kv();
  CHECK(f.rt.run(cron::read_history(kv, keys, "a", 40)).size() == 3);
}
