// Which runs may start: the overlap rules, the limits, and what becomes of the runs that wait.
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/running/admission.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using verdict = admission_verdict;

const sys_seconds noon = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + 12h;

job named(const std::string& name, overlap_rule rule) {
  job made(schedule::parse("@every 10s"), find_zone("UTC"));
  made.name = name;
  made.overlap = rule;
  return made;
}

/// An admission, and the answers that came later.
class gate {
 public:
  verdict ask(const job& what, const std::string& id, std::chrono::seconds at,
              run_trigger trigger = run_trigger::schedule) {
    return ask_late(what, id, at, at, trigger);
  }
  /// `at`: its tick, and when it is due.
  verdict ask_late(const job& what, const std::string& id, std::chrono::seconds at,
                   std::chrono::milliseconds now, run_trigger trigger = run_trigger::schedule) {
    const run_request run(std::make_shared<const job>(what), noon + at, id, trigger);
    now_ = now;
    const verdict first = all.ask(run, noon + at + splay, noon + now, [this, id](verdict v) {
      answers[id] = v;
      order.push_back(id);
      if (v == verdict::start) claim(id);
    });
    if (first == verdict::start) claim(id);
    return first;
  }
  void end(const std::string& id, std::chrono::milliseconds at) {
    now_ = at;
    all.end(id, noon + at);
  }
  void begin(const std::string& id, std::chrono::milliseconds at) { all.begins(id, noon + at); }

  admission all;
  bool claims_at_once = true;
  std::chrono::milliseconds splay{0};
  std::map<std::string, verdict> answers;
  std::vector<std::string> order;

 private:
  void claim(const std::string& id) {
    if (claims_at_once) begin(id, now_);
  }

  std::chrono::milliseconds now_{0};
};

TEST_CASE("forbid: a tick is skipped while a run of the job goes on") {
  gate g;
  const job a = named("a", overlap_rule::forbid);
  CHECK(g.ask(a, "1", 0s) == verdict::start);
  CHECK(g.ask(a, "2", 10s) == verdict::skip_overlap);
  CHECK(g.ask(named("b", overlap_rule::forbid), "3", 10s) == verdict::start);
  g.end("1", 15s);
  CHECK(g.ask(a, "4", 20s) == verdict::start);
  CHECK(g.all.running("a") == std::vector<std::string>{"4"});
  CHECK(g.answers.empty());
}

TEST_CASE("no tick overlaps a run that is still being claimed: they wait, in their order") {
  gate g;
  g.claims_at_once = false;
  const job a = named("a", overlap_rule::forbid);
  CHECK(g.ask(a, "1", 0s) == verdict::start);
  CHECK(g.ask(a, "2", 10s) == verdict::wait);
  CHECK(g.ask(a, "3", 20s) == verdict::wait);
  g.all.expire(noon + 25s);
  CHECK(g.answers.empty());
  g.begin("1", 25s);
  CHECK(g.ask_late(a, "4", 30s, 30s) == verdict::wait);
  g.end("1", 26s);
  CHECK(g.answers == std::map<std::string, verdict>{{"2", verdict::start}});
  g.begin("2", 27s);
  SECTION("they follow, one after another") {
    g.end("2", 28s);
    CHECK(g.answers.at("3") == verdict::start);
  }
  SECTION("a run that goes on for too long overlaps them") {
    g.all.expire(noon + 38s);
    CHECK(g.answers.at("3") == verdict::skip_overlap);
  }
}

TEST_CASE("the starting_deadline counts from the end of the splay") {
  gate g;
  g.all.set_max_parallel(1, noon);
  CHECK(g.ask(named("a", overlap_rule::forbid), "1", 0s) == verdict::start);
  job b = named("b", overlap_rule::forbid);
  b.starting_deadline = 5s;
  g.splay = 20s;
  CHECK(g.ask_late(b, "2", 0s, 20s) == verdict::wait);
  CHECK(g.all.next_deadline() == noon + 26s);
  g.all.expire(noon + 26s);
  CHECK(g.answers.at("2") == verdict::skip_limit);
}

TEST_CASE("allow: runs overlap, up to the job's limit") {
  gate g;
  job a = named("a", overlap_rule::allow);
  a.max_parallel = 2;
  CHECK(g.ask(a, "1", 0s) == verdict::start);
  CHECK(g.ask(a, "2", 10s) == verdict::start);
  CHECK(g.ask(a, "3", 20s) == verdict::wait);
  CHECK(g.ask(a, "4", 30s) == verdict::wait);
  g.end("2", 35s);
  CHECK(g.answers == std::map<std::string, verdict>{{"3", verdict::start}});
  CHECK(g.all.running() == 2);
  CHECK(g.all.waiting() == 1);
}

TEST_CASE("queue: one run waits, the next ones are skipped") {
  gate g;
  const job a = named("a", overlap_rule::queue);
  CHECK(g.ask(a, "1", 0s) == verdict::start);
  CHECK(g.ask(a, "2", 10s) == verdict::wait);
  CHECK(g.ask(a, "3", 20s) == verdict::skip_overlap);
  g.end("1", 25s);
  CHECK(g.answers == std::map<std::string, verdict>{{"2", verdict::start}});
  CHECK(g.ask(a, "4", 30s) == verdict::wait);
}

TEST_CASE("replace: the running one is to be stopped, and the newest tick takes its place") {
  gate g;
  const job a = named("a", overlap_rule::replace);
  CHECK(g.ask(a, "1", 0s) == verdict::start);
  CHECK(g.ask(a, "2", 10s) == verdict::replace);
  CHECK(g.all.running("a") == std::vector<std::string>{"1"});
  CHECK(g.ask(a, "3", 20s) == verdict::replace);
  CHECK(g.answers == std::map<std::string, verdict>{{"2", verdict::skip_overlap}});
  g.end("1", 21s);
  CHECK(g.answers.at("3") == verdict::start);
}

TEST_CASE("the file's limit: waiting runs start in the order of their ticks") {
  gate g;
  g.all.set_max_parallel(1, noon);
  CHECK(g.ask(named("a", overlap_rule::forbid), "1", 0s) == verdict::start);
  CHECK(g.ask(named("late", overlap_rule::forbid), "3", 20s) == verdict::wait);
  CHECK(g.ask(named("early", overlap_rule::forbid), "2", 10s) == verdict::wait);
  // The next tick of a job that waits is not a second run of it.
  CHECK(g.ask(named("early", overlap_rule::forbid), "5", 30s) == verdict::skip_overlap);
  g.end("1", 40s);
  g.end("2", 41s);
  CHECK(g.order == std::vector<std::string>{"2", "3"});
}

TEST_CASE("a run that waits past its starting_deadline is dropped with the reason") {
  gate g;
  g.all.set_max_parallel(2, noon);
  job queued = named("queued", overlap_rule::queue);
  queued.starting_deadline = 1min;
  job other = named("other", overlap_rule::forbid);
  other.starting_deadline = 2min;
  CHECK(g.ask(queued, "1", 0s) == verdict::start);
  CHECK(g.ask(queued, "2", 10s) == verdict::wait);
  CHECK(g.ask(named("b", overlap_rule::forbid), "3", 10s) == verdict::start);
  CHECK(g.ask(other, "4", 10s) == verdict::wait);
  CHECK(g.all.next_deadline() == noon + 71s);
  g.all.expire(noon + 70s);
  CHECK(g.answers.empty());
  g.all.expire(noon + 71s);
  CHECK(g.answers.at("2") == verdict::skip_deadline);
  CHECK(g.all.next_deadline() == noon + 131s);
  g.end("1", 200s);  // too late for the run that waited for room
  CHECK(g.answers.at("4") == verdict::skip_limit);
  CHECK_FALSE(g.all.next_deadline());
}

TEST_CASE("missed ticks run one after another, none of them skipped") {
  gate g;
  const job a = named("a", overlap_rule::forbid);
  CHECK(g.ask(a, "1", 0s, run_trigger::catch_up) == verdict::start);
  CHECK(g.ask(a, "2", 10s, run_trigger::catch_up) == verdict::wait);
  CHECK(g.ask(a, "3", 20s, run_trigger::retry_unknown) == verdict::wait);
  CHECK(g.ask(a, "4", 30s) == verdict::skip_overlap);
  g.end("1", 31s);
  CHECK(g.order == std::vector<std::string>{"2"});
  g.end("2", 32s);
  CHECK(g.order == std::vector<std::string>{"2", "3"});
}

TEST_CASE("a job that is behind: its ticks wait for its late runs") {
  for (const overlap_rule rule :
       {overlap_rule::forbid, overlap_rule::queue, overlap_rule::replace}) {
    CAPTURE(int(rule));
    gate g;
    const job a = named("a", rule);
    // A leader begins at :29.5: three ticks, of which the older ones are late.
    CHECK(g.ask_late(a, "0", 0s, 29500ms, run_trigger::catch_up) == verdict::start);
    CHECK(g.ask_late(a, "10", 10s, 29500ms, run_trigger::catch_up) == verdict::wait);
    CHECK(g.ask_late(a, "20", 20s, 29500ms) == verdict::wait);
    CHECK(g.ask(a, "30", 30s) == verdict::wait);
    g.end("0", 33500ms);
    g.end("10", 37500ms);
    CHECK(g.ask(a, "40", 40s) == verdict::wait);
    g.end("20", 41500ms);
    g.end("30", 45500ms);
    CHECK(g.order == std::vector<std::string>{"10", "20", "30", "40"});
    CHECK(g.answers.at("40") == verdict::start);
    g.end("40", 49500ms);
    CHECK(g.ask(a, "50", 50s) == verdict::start);  // on time again
  }
}

TEST_CASE("a job that is behind: a run as long as the pause to the next tick overlaps it") {
  const auto behind = [](gate& g, overlap_rule rule) {
    const job a = named("a", rule);
    CHECK(g.ask_late(a, "0", 0s, 29s, run_trigger::catch_up) == verdict::start);
    CHECK(g.ask_late(a, "10", 10s, 29s) == verdict::wait);
    CHECK(g.ask_late(a, "20", 20s, 29s) == verdict::wait);
    CHECK(g.all.next_deadline() == noon + 39s);  // 10 s after the begin of the first run
  };
  SECTION("forbid: at its end") {
    gate g;
    behind(g, overlap_rule::forbid);
    g.end("0", 41s);
    CHECK(g.answers == std::map<std::string, verdict>{{"10", verdict::skip_overlap},
                                                      {"20", verdict::start}});
  }
  SECTION("forbid: while it goes on") {
    gate g;
    behind(g, overlap_rule::forbid);
    g.all.expire(noon + 39s);
    CHECK(g.answers == std::map<std::string, verdict>{{"10", verdict::skip_overlap}});
    CHECK(g.all.next_deadline() == noon + 49s);
  }
  SECTION("queue: one of them waits") {
    gate g;
    behind(g, overlap_rule::queue);
    g.all.expire(noon + 49s);
    CHECK(g.answers == std::map<std::string, verdict>{{"20", verdict::skip_overlap}});
    g.end("0", 60s);
    CHECK(g.answers.at("10") == verdict::start);
  }
  SECTION("replace: it takes its place then") {
    gate g;
    behind(g, overlap_rule::replace);
    g.all.expire(noon + 39s);
    CHECK(g.answers == std::map<std::string, verdict>{{"10", verdict::replace}});
    g.end("0", 40s);
    CHECK(g.answers == std::map<std::string, verdict>{{"10", verdict::start}});
    g.all.expire(noon + 50s);  // ten seconds after that one
    CHECK(g.answers.at("20") == verdict::replace);
  }
}

TEST_CASE("a run that need not wait any more leaves no trace") {
  gate g;
  const job a = named("a", overlap_rule::queue);
  CHECK(g.ask(a, "1", 0s) == verdict::start);
  CHECK(g.ask(a, "2", 10s) == verdict::wait);
  g.end("2", 11s);
  g.end("1", 12s);
  g.end("unknown", 12s);
  CHECK(g.answers.empty());
  CHECK(g.all.running() == 0);
  CHECK(g.all.waiting() == 0);
}

TEST_CASE("a reload: a lower limit stops no run, a higher one starts those that wait") {
  gate g;
  g.all.set_max_parallel(1, noon);
  CHECK(g.ask(named("a", overlap_rule::forbid), "1", 0s) == verdict::start);
  CHECK(g.ask(named("b", overlap_rule::forbid), "2", 1s) == verdict::wait);
  CHECK(g.ask(named("c", overlap_rule::forbid), "3", 2s) == verdict::wait);
  g.all.set_max_parallel(2, noon + 3s);
  CHECK(g.order == std::vector<std::string>{"2"});
  g.all.set_max_parallel(1, noon + 4s);
  CHECK(g.all.running() == 2);
  g.end("1", 5s);
  CHECK(g.order == std::vector<std::string>{"2"});
  g.end("2", 6s);
  CHECK(g.order == std::vector<std::string>{"2", "3"});
  // The rule of the job as it is now counts, not the one of its earlier run.
  CHECK(g.ask(named("c", overlap_rule::allow), "4", 7s) == verdict::wait);
}

TEST_CASE("an answer may ask and end") {
  admission all;
  all.set_max_parallel(1, noon);
  const auto run = [](const std::string& name) {
    return run_request(std::make_shared<const job>(named(name, overlap_rule::forbid)), noon, name,
                       run_trigger::schedule);
  };
  const auto ask = [&all](const run_request& what, admission::answer answer) {
    return all.ask(what, noon, noon, std::move(answer));
  };
  std::vector<std::string> started;
  const auto later = [&](const std::string& name) {
    return [&, name](verdict v) {
      REQUIRE(v == verdict::start);
      started.push_back(name);
      if (name == "b") all.end("b", noon);  // its claim failed at once
    };
  };
  CHECK(ask(run("a"), later("a")) == verdict::start);
  CHECK(ask(run("b"), later("b")) == verdict::wait);
  CHECK(ask(run("c"), later("c")) == verdict::wait);
  all.end("a", noon);
  CHECK(started == std::vector<std::string>{"b", "c"});
  CHECK(all.running() == 1);
}

}  // namespace
