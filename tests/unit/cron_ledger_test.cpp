// The rules of tenure-cron's ledger: which ticks run, which are on record, and its documents.
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "tenure-cron/ledger/ledger_document.hpp"
#include "tenure-cron/ledger/ledger_keys.hpp"
#include "tenure-cron/ledger/tick_rules.hpp"

using namespace tenure;
using namespace tenure::cron;
using namespace std::chrono_literals;

namespace {

constexpr sys_seconds noon = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + 12h;

job make_job(const std::string& schedule, std::uint32_t catch_up = 1) {
  job made(schedule::parse(schedule, "a"), named_zone("UTC", std::make_shared<utc_zone>()));
  made.name = "a";
  made.catch_up = catch_up;
  return made;
}

std::string new_id() { return "new"; }

run_record finished(sys_seconds tick) {
  run_record r;
  r.tick = r.until = tick;
  r.run_id = "id";
  r.host = "host";
  r.fence = 7;
  r.began = tick;
  r.took = 1500ms;
  r.attempts = 1;
  return r;
}

using ticks = std::vector<sys_seconds>;

plan from(sys_seconds after) { return plan{after, after}; }
plan plan_next(const job& what, sys_seconds last, sys_seconds now) {
  return cron::plan_next(what, last, last, now);
}

}  // namespace

TEST_CASE("the ledger of a host has its own documents, and the control keys of the whole ledger") {
  const ledger_keys whole("state/cron");
  const ledger_keys host = whole.of_host("h");
  CHECK(host.document("a") == "state/cron/hosts/h/jobs/a");
  CHECK(host.control() == "state/cron/control/");
  CHECK(host.paused("a") == whole.paused("a"));
}

TEST_CASE("a tick that is due runs, and nothing is skipped") {
  const job j = make_job("* * * * *");
  const decision d = decide(j, from(noon), noon + 1min, false, skip_reason::none);
  CHECK(d.run == ticks{noon + 1min});
  CHECK_FALSE(d.late);
  CHECK(d.skipped.empty());
  CHECK(d.last == noon + 1min);
  CHECK(decide(j, from(noon), noon + 59s, false, skip_reason::none).run.empty());
}

TEST_CASE("catch_up: none, last, the newest N, all") {
  const auto missed = [](std::uint32_t n) {
    return decide(make_job("* * * * *", n), from(noon), noon + 4min + 30s, false,
                  skip_reason::no_leader);
  };
  const decision none = missed(0);
  CHECK(none.run.empty());
  CHECK(none.last == noon + 4min);
  REQUIRE(none.skipped.size() == 1);
  CHECK(none.skipped[0].tick == noon + 1min);
  CHECK(none.skipped[0].until == noon + 4min);
  CHECK(none.skipped[0].count == 4);
  CHECK(none.skipped[0].reason == skip_reason::no_leader);
  const decision last = missed(1);
  CHECK(last.run == ticks{noon + 4min});
  CHECK(last.late);
  CHECK(last.skipped.at(0).count == 3);
  CHECK(missed(2).run == ticks{noon + 3min, noon + 4min});
  const decision all = missed(catch_up_all);
  CHECK(all.run.size() == 4);
  CHECK(all.skipped.empty());
}

TEST_CASE("a tick that is a little late runs under catch_up: none") {
  const job j = make_job("* * * * *", 0);
  CHECK(decide(j, from(noon), noon + 1min + 3s, false, skip_reason::no_leader).run.size() == 1);
  CHECK(decide(j, from(noon), noon + 1min + 4s, false, skip_reason::no_leader).run.empty());
}

TEST_CASE("all ticks that are a little late run, whatever catch_up says") {
  for (const std::uint32_t most : {0u, 1u, 3u}) {
    CAPTURE(most);
    const decision d = decide(make_job("@every 1s", most), from(noon), noon + 10s, false,
                              skip_reason::no_leader);
    CHECK(d.run == ticks{noon + 7s, noon + 8s, noon + 9s, noon + 10s});
    CHECK_FALSE(d.late);
    REQUIRE(d.skipped.size() == 1);
    CHECK(d.skipped[0].count == 6);
    CHECK(d.skipped[0].reason == skip_reason::no_leader);
  }
  // The newest five: those on time among them.
  CHECK(decide(make_job("@every 1s", 5), from(noon), noon + 10s, false, skip_reason::no_leader)
            .run.size() == 5);
}

TEST_CASE("a splay keeps older ticks on time than it does newer ones") {
  job j = make_job("@every 10s", 0);
  j.splay = 60s;
  const sys_seconds now = noon + 10min;
  const decision d = decide(j, from(noon), now, false, skip_reason::no_leader);
  ticks expected;
  std::uint64_t skipped = 0;
  for (sys_seconds t = noon + 10s; t <= now; t += 10s) {
    if (now <= start_of(j, t) + punctual) expected.push_back(t);
  }
  CHECK(d.run == expected);
  CHECK(expected.size() >= 2);
  for (std::size_t i = 0; i < d.skipped.size(); ++i) {
    skipped += d.skipped[i].count;
    CHECK(d.skipped[i].reason == skip_reason::no_leader);
    if (i > 0) CHECK(d.skipped[i].tick > d.skipped[i - 1].until);
  }
  CHECK(skipped + expected.size() == 60);
}

TEST_CASE("what is older than starting_deadline is skipped for it") {
  job j = make_job("* * * * *", catch_up_all);
  j.starting_deadline = 2min;
  const decision d = decide(j, from(noon), noon + 5min, false, skip_reason::no_leader);
  CHECK(d.run == ticks{noon + 3min, noon + 4min, noon + 5min});
  REQUIRE(d.skipped.size() == 1);
  CHECK(d.skipped[0].reason == skip_reason::deadline);
  CHECK(d.skipped[0].count == 2);
}

TEST_CASE("a paused job's ticks are on record") {
  const decision d =
      decide(make_job("* * * * *", 5), from(noon), noon + 3min, true, skip_reason::no_leader);
  CHECK(d.run.empty());
  REQUIRE(d.skipped.size() == 1);
  CHECK(d.skipped[0].reason == skip_reason::paused);
  CHECK(d.skipped[0].count == 3);
}

TEST_CASE("a month of missed seconds is decided at once") {
  const decision d = decide(make_job("@every 1s", catch_up_all), from(noon),
                            noon + std::chrono::days(30), false, skip_reason::suspended);
  CHECK(d.run.size() == 301);  // within the deadline of 5 minutes
  CHECK(d.skipped.at(0).count == 30 * 86400 - 301);
}

TEST_CASE("no tick up to the last decided one is planned, by whatever clock that was") {
  const job minute = make_job("* * * * *");
  CHECK(plan_next(minute, noon, noon + 30s).next == noon + 1min);
  // The predecessor's clock was 2 s ahead, and it has run 12:01 already.
  CHECK(plan_next(minute, noon + 1min, noon + 58s).next == noon + 2min);
  CHECK(plan_next(make_job("@every 1s"), noon + 2s, noon).next == noon + 3s);
}

TEST_CASE("a clock that was put back: schedules that follow it go on, fixed times wait") {
  const plan follows = plan_next(make_job("* * * * *"), noon, noon - 1h);
  CHECK(follows.next == noon - 59min);
  CHECK(follows.after == noon - 1h);
  CHECK(plan_next(make_job("@every 10s"), noon, noon - 1h).next == noon - 1h + 10s);
  const job fixed = make_job("0 12 * * *");
  CHECK(plan_next(fixed, noon, noon - 2h).next == noon + 24h);
  // Further than any correction: the clock was wrong before.
  CHECK(plan_next(fixed, noon, noon - 100h).next == noon - 96h);
}

TEST_CASE("what was decided before a clock was put back is never missed after it") {
  const job every = make_job("@every 10s", 5);
  // Decided up to noon; then an hour back, and again up to 11:10.
  ledger_document d;
  d.decided(noon);
  d.decided(noon - 50min);
  CHECK(d.last_tick == noon - 50min);
  CHECK(d.highest() == noon);
  const plan back = cron::plan_next(every, *d.last_tick, d.highest(), noon - 50min + 5s);
  CHECK(back.next == noon - 50min + 10s);
  CHECK(back.again);
  const decision once = decide(every, back, noon - 40min, false, skip_reason::no_leader);
  CHECK(once.run == ticks{noon - 40min});
  CHECK(once.skipped.empty());
  // A replica whose clock is right takes over.
  const plan right = cron::plan_next(every, *d.last_tick, d.highest(), noon + 25s);
  CHECK(right.after == noon);
  CHECK_FALSE(right.again);
  CHECK(decide(every, right, noon + 25s, false, skip_reason::no_leader).run ==
        ticks{noon + 10s, noon + 20s});
  d.decided(noon + 20s);
  CHECK_FALSE(d.highest_tick);
}

TEST_CASE("splay: each replica finds the same delay, within its limit") {
  job j = make_job("* * * * *");
  CHECK(start_of(j, noon) == noon);
  j.splay = 30s;
  CHECK(start_of(j, noon) == start_of(j, noon));
  CHECK(start_of(j, noon) >= noon);
  CHECK(start_of(j, noon) <= noon + 30s);
}

TEST_CASE("a new term: open runs of the last one get an unknown end") {
  ledger_document d;
  job j = make_job("* * * * *");
  adopt_schedule(d, j, noon);
  open_run claimed;
  claimed.what = open_run::state::claimed;
  claimed.tick = noon;
  claimed.run_id = "old";
  claimed.host = "p1";
  claimed.fence = 3;
  open_run waiting;
  waiting.tick = noon + 1min;
  waiting.run_id = "waits";
  d.open = {claimed, waiting};
  SECTION("and do not run again by themselves") {
    const auto news = take_over(d, j, noon + 2min, new_id);
    REQUIRE(news.size() == 1);
    CHECK(news[0].state == record_state::unknown);
    CHECK(news[0].host == "p1");
    REQUIRE(d.open.size() == 1);
    CHECK(d.open[0].run_id == "waits");
  }
  SECTION("but do under retry_unknown") {
    j.retry_unknown = true;
    take_over(d, j, noon + 2min, new_id);
    REQUIRE(d.open.size() == 2);
    CHECK(d.open[0].run_id == "new");
    CHECK(d.open[0].trigger == run_trigger::retry_unknown);
    CHECK(d.open[0].what == open_run::state::waiting);
  }
  SECTION("and what waited too long is skipped") {
    j.retry_unknown = true;
    const auto news = take_over(d, j, noon + 1h, new_id);
    CHECK(news.size() == 2);
    CHECK(d.open.empty());
    CHECK(d.recent.back().reason == skip_reason::deadline);
  }
}

TEST_CASE("a job that is new or has another schedule has missed nothing, and repeats nothing") {
  ledger_document d;
  take_over(d, make_job("* * * * *"), noon, new_id);
  CHECK(d.last_tick == noon);
  d.last_tick = noon + 2s;  // decided by a clock that is ahead
  take_over(d, make_job("@every 1s"), noon + 1s, new_id);
  CHECK(d.last_tick == noon + 2s);
  take_over(d, make_job("@every 2s"), noon + 10s, new_id);
  CHECK(d.last_tick == noon + 10s);
}

TEST_CASE("skipped ticks of one reason make one record") {
  ledger_document d;
  const job j = make_job("* * * * *");
  const auto skip = [&](sys_seconds tick, skip_reason why) {
    add_record(d, j, skipped_ticks(tick, tick, 1, why));
  };
  for (int i = 0; i < 5; ++i) skip(noon + i * 1min, skip_reason::overlap);
  skip(noon + 5min, skip_reason::paused);
  skip(noon + 7min, skip_reason::paused);  // 12:06 ran, and has not ended
  REQUIRE(d.recent.size() == 3);
  CHECK(d.recent[0].count == 5);
  CHECK(d.recent[0].until == noon + 4min);
  CHECK(d.records == 3);
}

TEST_CASE("a skipped run that was asked for beside the ticks keeps its run id, and joins no row") {
  const job minutely = make_job("* * * * *");
  ledger_document d;
  open_run order;
  order.run_id = "order";
  order.trigger = run_trigger::operator_request;
  order.tick = noon + 1min;
  add_record(d, minutely, skipped_ticks(noon, noon, 1, skip_reason::overlap));
  add_record(d, minutely, skipped_run(order, skip_reason::overlap));
  add_record(d, minutely, skipped_ticks(noon + 2min, noon + 2min, 1, skip_reason::overlap));
  REQUIRE(d.recent.size() == 3);
  const auto read = parse_ledger_document(to_json(d));
  REQUIRE(read);
  CHECK(read->recent[1].run_id == "order");
  CHECK(read->recent[1].trigger == run_trigger::operator_request);
  CHECK(read->recent[2].run_id.empty());
}

TEST_CASE("a document comes back from its JSON") {
  ledger_document d;
  adopt_schedule(d, make_job("*/5 * * * *"), noon);
  d.next_tick = noon + 5min;
  d.pages = 3;
  d.first_page = 2;
  open_run o;
  o.what = open_run::state::started;
  o.tick = noon;
  o.run_id = "r1";
  o.host = "p1";
  o.fence = 9;
  o.claimed_at = noon + 20ms;
  d.open.push_back(o);
  d.add(skipped_ticks(noon - 1h, noon - 5min, 12, skip_reason::no_leader));
  run_record failed = finished(noon);
  failed.ending = run_result::ending::stopped;
  failed.cause = stop_cause::timeout;
  failed.signal_number = 15;
  failed.attempts = 3;
  failed.text = "was ended by SIGTERM";
  failed.tail = "last \"words\"\n";
  d.add(failed);
  const std::string text = to_json(d);
  const auto read = parse_ledger_document(text);
  REQUIRE(read);
  CHECK(to_json(*read) == text);
  CHECK(read->open.at(0).claimed_at == noon + 20ms);
  CHECK(read->recent.at(0).count == 12);
  CHECK(read->recent.at(1).cause == stop_cause::timeout);
  CHECK(read->recent.at(1).tail == failed.tail);
  CHECK(read->records == 2);
  CHECK(read->first_page == 2);
  run_record before = finished(noon);
  before.ending = run_result::ending::stopped;
  before.cause = stop_cause::replaced;
  before.text = "stopped before it began";
  before.attempts = 0;
  CHECK(to_json(before).find("\"exit\"") == std::string::npos);
  CHECK(to_json(finished(noon)).find("\"exit\":0") != std::string::npos);
  const auto page = parse_ledger_page(page_to_json(d.recent));
  REQUIRE(page);
  CHECK(page->size() == 2);
  CHECK_FALSE(parse_ledger_document("[1]"));
  CHECK_FALSE(parse_ledger_document(R"({"recent":[{"state":"finished"}]})"));
}

TEST_CASE("a document with a number, a time or a length that no replica writes is refused") {
  const std::string begin = R"({"schedule":"@daily",)";
  CHECK(parse_ledger_document(begin + R"("last":1767225600,"highest":1767225601,"pages":2})"));
  for (const char* const member :
       {R"("last":-9223372036854775808)", R"("last":9223372036854775807)", R"("last":-1)",
        R"("last":18446744073709551615)", R"("last":"1767225600")", R"("last":1e300)",
        R"("highest":9223372036854775807)", R"("highest":7258118401)",
        R"("next":-9223372036854775808)", R"("next":9223372036854775807)",
        R"("pages":9223372036854775807)", R"("pages":-1)", R"("first_page":-1)",
        R"("first_page":0)", R"("pages":2,"first_page":4)", R"("records":-1)",
        R"("records":9223372036854775807)", R"("open":{})", R"("recent":7)", R"("zone":7)"}) {
    CAPTURE(member);
    CHECK_FALSE(parse_ledger_document(begin + member + '}'));
  }
  for (const char* const record :
       {R"("tick":9223372036854775807)", R"("tick":5,"until":-9223372036854775808)",
        R"("tick":5,"count":-1)", R"("tick":5,"fence":-1)", R"("tick":5,"began":-1)",
        R"("tick":5,"began":9223372036854775807)", R"("tick":5,"took_ms":9223372036854775807)",
        R"("tick":5,"took_ms":-1)", R"("tick":5,"exit":4294967296)", R"("tick":5,"signal":-9)",
        R"("tick":5,"attempts":-1)"}) {
    CAPTURE(record);
    const std::string list = std::string(R"([{"state":"finished",)") + record + "}]}";
    CHECK_FALSE(parse_ledger_document(begin + R"("recent":)" + list));
    CHECK_FALSE(parse_ledger_page(R"({"records":)" + list));
  }
  for (const char* const run :
       {R"("run":"r","tick":9223372036854775807)", R"("run":"r","tick":5,"claimed":-1)",
        R"("run":"r","tick":5,"fence":-1)", R"("tick":5)", R"("tick":5,"run":"a/b")",
        R"("tick":5,"run":"a\u0000")"}) {
    CAPTURE(run);
    const std::string list = std::string(R"([{"state":"claimed",)") + run + "}]}";
    CHECK_FALSE(parse_ledger_document(begin + R"("open":)" + list));
  }
}

TEST_CASE("a document is no larger than a write of it may be") {
  const auto document_of = [](std::size_t runs, std::size_t records, std::size_t text) {
    ledger_document d;
    d.schedule = std::string(text, '*');
    open_run o;
    for (o.run_id = "0"; d.open.size() < runs; o.run_id = std::to_string(d.open.size()))
      d.open.push_back(o);
    d.recent.assign(records, skipped_ticks(noon, noon, 1, skip_reason::overlap));
    return parse_ledger_document(to_json(d)).has_value();
  };
  CHECK(document_of(most_open_runs, most_recent_records, 0));
  CHECK_FALSE(document_of(most_open_runs + 1, 0, 0));
  CHECK_FALSE(document_of(0, most_recent_records + 1, 0));
  CHECK_FALSE(document_of(0, 0, most_document_bytes));
  ledger_document large;
  large.recent.assign(most_recent_records / 2, finished(noon));
  for (run_record& r : large.recent) r.tail = std::string(300, 't');
  CHECK(to_json(large).size() > most_written_bytes);
  CHECK(text_to_write(large).size() <= most_written_bytes);
  CHECK(parse_ledger_document(text_to_write(large)).value().recent.size() == large.recent.size());
  std::vector<run_record> page(records_per_page, finished(noon));
  CHECK(parse_ledger_page(page_to_json(page)));
  page.push_back(finished(noon));
  CHECK_FALSE(parse_ledger_page(page_to_json(page)));
}
