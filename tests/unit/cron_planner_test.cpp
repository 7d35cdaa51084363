// What is due when nobody looked in time or the clock was set, and what the ledger lets run.
#include <catch2/catch_test_macros.hpp>

#include "tenure-cron/ledger.hpp"
#include "tenure-cron/planner.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using std::chrono::sys_days;

const sys_seconds noon = sys_days(std::chrono::year(2024) / 5 / 1) + 12h;

class plan {
 public:
  explicit plan(std::initializer_list<const char*> schedules) : planner_(jobs_, zone_) {
    for (const char* s : schedules) jobs_.emplace_back(schedule::parse(s));
    planner_.begin(noon);
  }
  planner* operator->() { return &planner_; }

 private:
  std::vector<job> jobs_;
  utc_zone zone_;
  planner planner_;
};

TEST_CASE("nothing is due that was due before the term began, or with it") {
  plan p{"0 12 * * *", "@every 10s"};
  CHECK(p->take_due(noon).empty());
  CHECK(p->next() == noon + 10s);
}

TEST_CASE("each job is due once at its time") {
  plan p{"@every 10s", "@every 15s"};
  auto due = p->take_due(noon + 10s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].tick == noon + 10s);
  CHECK(due[0].missed == 0);
  CHECK(p->take_due(noon + 10s).empty());
  CHECK(p->next() == noon + 15s);
  CHECK(p->take_due(noon + 30s).size() == 2);
}

TEST_CASE("whoever looks late gets the latest tick, and how many went by") {
  plan p{"@every 10s"};
  const auto due = p->take_due(noon + 1h + 5s);
  REQUIRE(due.size() == 1);
  CHECK(due[0].tick == noon + 1h);
  CHECK(due[0].missed == 359);
  CHECK(p->next() == noon + 1h + 10s);
}

TEST_CASE("a clock that is put back brings the next tick closer") {
  plan p{"@hourly"};
  REQUIRE(p->take_due(noon + 1h).size() == 1);
  p->clock_was_set(noon + 30min);
  CHECK(p->next() == noon + 1h);
}

TEST_CASE("a clock that is put forward makes due what was jumped over") {
  plan p{"@hourly"};
  p->clock_was_set(noon + 5h);
  const auto due = p->take_due(noon + 5h);
  REQUIRE(due.size() == 1);
  CHECK(due[0].tick == noon + 5h);
  CHECK(due[0].missed == 4);
}

TEST_CASE("no jobs, no next") {
  plan p{};
  CHECK(p->next() == sys_seconds::max());
}

TEST_CASE("the ledger lets no two runs of a job overlap") {
  ledger book;
  CHECK(book.begin("a", noon) == ledger::verdict::run);
  CHECK(book.begin("b", noon) == ledger::verdict::run);
  CHECK(book.begin("a", noon + 10s) == ledger::verdict::overlapping);
  book.end("a");
  CHECK(book.begin("a", noon + 20s) == ledger::verdict::run);
  CHECK(book.last_tick("a") == noon + 20s);
  CHECK_FALSE(book.last_tick("c"));
}

TEST_CASE("the ledger lets no tick run twice, unless the clock had been wrong by hours") {
  ledger book;
  REQUIRE(book.begin("a", noon) == ledger::verdict::run);
  book.end("a");
  CHECK(book.begin("a", noon) == ledger::verdict::repeated);
  CHECK(book.begin("a", noon - 3h) == ledger::verdict::repeated);
  CHECK(book.begin("a", noon - 3h - 1s) == ledger::verdict::run);
}

TEST_CASE("an overlapping tick is not entered: it may run later") {
  ledger book;
  REQUIRE(book.begin("a", noon) == ledger::verdict::run);
  CHECK(book.begin("a", noon + 1h) == ledger::verdict::overlapping);
  book.end("a");
  CHECK(book.begin("a", noon + 1h) == ledger::verdict::run);
}

}  // namespace
