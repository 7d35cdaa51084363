// What log lines say about terms, and about other processes under the same name.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <tenure/membership.hpp>

#include "metered_fixture.hpp"
#include "support/kept_log.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

class logging_fixture : public metered_fixture {
 public:
  process& add_logging(const std::shared_ptr<kept_log>& log) {
    elections_options options;
    options.metrics(metrics).log(log);
    return add(std::move(options));
  }
  /// The only line of any level that begins like this.
  static std::string line(const kept_log& log, std::string_view event) {
    std::vector<std::string> found;
    for (const std::string& one : all(log)) {
      if (one.starts_with(event)) found.push_back(one);
    }
    CAPTURE(event, all(log));
    REQUIRE(found.size() == 1);
    return found.front();
  }
  static std::vector<std::string> all(const kept_log& log) {
    std::vector<std::string> lines;
    for (const log_level level : {log_level::debug, log_level::info, log_level::warn,
                                  log_level::error}) {
      const auto of_level = log.lines(level);
      lines.insert(lines.end(), of_level.begin(), of_level.end());
    }
    return lines;
  }
  static void check_fields(const kept_log& log) {
    for (const std::string& one : all(log)) {
      CAPTURE(one);
      CHECK(one.find("fence=0") == one.npos);
      CHECK(one.find("=none") == one.npos);
      CHECK(one.find("Success") == one.npos);
      CHECK(one.find("= ") == one.npos);
      CHECK_FALSE(one.ends_with('='));
    }
  }
  static std::size_t conflicts(const kept_log& log) {
    const auto warnings = log.lines(log_level::warn);
    return static_cast<std::size_t>(std::ranges::count_if(warnings, [](const std::string& one) {
      return one.starts_with("another process uses our name");
    }));
  }
};

bool contains(const std::string& line, const std::string& text) {
  return (line + ' ').find(' ' + text + ' ') != line.npos;
}

}  // namespace

TEST_CASE("each line about a term has its fence and session, and a reason once there is one") {
  logging_fixture b;
  const auto log = std::make_shared<kept_log>();
  process& p = b.add_logging(log);
  election e = p.elections->enter(key, quick());
  term t = b.lead(e);
  const std::string fence = "fence=" + std::to_string(t.fence());
  const std::string session = "session=" + t.session();
  const std::string began = b.line(*log, "term began");
  CHECK(contains(began, fence));
  CHECK(contains(began, session));
  CHECK(began.find("reason=") == began.npos);
  SECTION("resigned: also the release has it") {
    b.rt.run(t.resign());
    CHECK(contains(b.line(*log, "term ended"), fence));
    CHECK(contains(b.line(*log, "term ended"), "reason=resigned"));
    CHECK(contains(b.line(*log, "released"), fence));
  }
  SECTION("the session is lost") {
    b.destroy_session(t.session());
    b.rt.advance(15s);
    for (const char* event : {"stop requested", "term ended"}) {
      const std::string line = b.line(*log, event);
      CAPTURE(line);
      CHECK(contains(line, fence));
      CHECK(contains(line, session));
      CHECK(line.find(" reason=") != line.npos);
    }
    // The key is seen free before the session is known to be lost.
    CHECK(contains(b.line(*log, "term ended"), "reason=session_lost"));
    b.rt.run(t.resign());
  }
  b.end();
  b.check_fields(*log);
}

TEST_CASE("lines about a slot have the fence of its term") {
  logging_fixture b;
  const auto log = std::make_shared<kept_log>();
  process& p = b.add_logging(log);
  semaphore pool = p.elections->contend("pool", 1, quick());
  running<term> holding(b.rt, pool.acquire());
  b.rt.run_until([&] { return holding.done(); });
  term t = holding.value();
  const std::string fence = "fence=" + std::to_string(t.fence());
  CHECK(contains(b.line(*log, "slot acquired"), fence));
  b.destroy_session(t.session());
  b.rt.advance(15s);
  CHECK(contains(b.line(*log, "term ended"), fence));
  b.rt.run(t.resign());
  b.end();
  b.check_fields(*log);
}

TEST_CASE("a hand-over has the fence of the term that ended") {
  logging_fixture b;
  const auto log = std::make_shared<kept_log>();
  process& p = b.add_logging(log);
  process& q = b.add_metered();
  std::optional<group> first(p.elections->join("jobs", membership("a", quick("a"))));
  election one = first->enter("jobs/1");
  term t = b.lead(one);
  group second = q.elections->join("jobs", membership("b", quick("b")));
  election other = second.enter("jobs/1");
  other.stand();
  b.rt.advance(5s);
  running<bool> left(b.rt, truly(first->leave()));
  b.rt.advance(5s);
  CHECK(other.standing() == standing::leading);
  const std::string line = b.line(*log, "election handed over");
  CHECK(contains(line, "fence=" + std::to_string(t.fence())));
  CHECK(contains(line, "to=b"));
  CHECK(b.conflicts(*log) == 0);
  b.shut_down();
  b.check_fields(*log);
}

TEST_CASE("two processes under one name: a warning for the other session, and a gauge") {
  logging_fixture b;
  const auto log = std::make_shared<kept_log>();
  process& p = b.add_metered();
  process& q = b.add_logging(log);
  std::vector<election> led;
  std::vector<election> followed;
  std::vector<term> terms;
  for (int i = 0; i < 20; ++i) {
    const std::string name = "t/" + std::to_string(i) + "/leader";
    led.push_back(p.elections->enter(name, quick("same")));
    terms.push_back(b.lead(led.back()));
    followed.push_back(q.elections->enter(name, quick("same")));
  }
  b.rt.advance(2s);
  CHECK(b.conflicts(*log) == 1);
  CHECK(b[metric::name_conflicts_leader] == 20);
  const std::string line = b.line(*log, "another process uses our name election=t/0/leader");
  CHECK(contains(line, "value=same"));
  CHECK(contains(line, "other_session=" + terms.front().session()));
  for (term& t : terms) b.rt.run(t.resign());
  b.rt.advance(2s);
  CHECK(b[metric::name_conflicts_leader] == 0);
  // The same session comes and goes.
  for (int i = 0; i < 5; ++i) {
    term again = b.lead(led.front());
    b.rt.advance(2s);
    CHECK(b[metric::name_conflicts_leader] == 1);
    b.rt.run(again.resign());
    b.rt.advance(2s);
  }
  CHECK(b.conflicts(*log) == 1);
  CHECK(std::ranges::none_of(b.all(*log), [](const std::string& one) {
    return one.starts_with("no other process uses our name");
  }));
  b.rt.advance(10s);
  b.line(*log, "no other process uses our name");
  term later = b.lead(led.front());
  b.rt.advance(2s);
  CHECK(b.conflicts(*log) == 2);
  b.rt.run(later.resign());
  followed.clear();
  led.clear();
  b.end();
}

TEST_CASE("another name, or a lost session of our own, is no conflict") {
  logging_fixture b;
  const auto log = std::make_shared<kept_log>();
  process& p = b.add_logging(log);
  process& q = b.add_logging(log);
  election e = p.elections->enter(key, quick("a"));
  election other = q.elections->enter(key, quick("b"));
  e.stand();
  other.stand();
  for (int i = 0; i < 6; ++i) {
    b.rt.advance(5s);
    for (election* one : {&e, &other}) {
      const term t = one->current();
      if (!t) continue;
      b.destroy_session(t.session());
      b.rt.advance(5s);
      term over = t;
      b.rt.run(over.resign());
    }
  }
  CHECK(b[metric::sessions_lost] >= 3);
  CHECK(b.conflicts(*log) == 0);
  CHECK(b[metric::name_conflicts_leader] == 0);
  b.end();
}

TEST_CASE("two members under one name: each of them says so") {
  logging_fixture b;
  const auto first = std::make_shared<kept_log>();
  const auto second = std::make_shared<kept_log>();
  std::optional<group> one(
      b.add_logging(first).elections->join("jobs", membership("same", quick("same"))));
  b.rt.advance(3s);
  CHECK(b[metric::name_conflicts_member] == 0);
  std::optional<group> two(
      b.add_logging(second).elections->join("jobs", membership("same", quick("same"))));
  b.rt.advance(3s);
  CHECK(b.conflicts(*first) == 1);
  CHECK(b.conflicts(*second) == 1);
  CHECK(b[metric::name_conflicts_member] == 2);
  running<bool> left(b.rt, truly(two->leave()));
  b.rt.advance(3s);
  CHECK(b[metric::name_conflicts_member] == 0);
  b.shut_down();
}
