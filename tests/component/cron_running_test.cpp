// Runs of jobs under virtual time: attempts, why a run was stopped, and what its processes get.
#include "cron_running_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("a run: its command, its environment, its output and its result") {
  cron_stage s;
  s.host.out = "one\ntwo";
  s.host.err = "bad\n";
  job what = plain("backup");
  what.cwd = "/srv";
  what.user = "www";
  what.umask = 027;
  what.nice = 5;
  what.kill = kill_scope::group;
  what.input = "hello";
  const auto& run = s.begin(std::move(what));
  REQUIRE(s.started() == 1);
  const command::invocation& made = s.last().what;
  CHECK(made.argv == std::vector<std::string>{"/bin/work", "hard"});
  CHECK(made.directory == "/srv");
  CHECK(made.user == "www");
  CHECK(made.umask == mode_t{027});
  CHECK(made.nice == 5);
  CHECK(made.scope == command::kill_scope::group);
  CHECK(s.host.inputs.at(0) == "hello");
  CHECK(s.last().variable("TENURE_JOB") == "backup");
  CHECK(s.last().variable("TENURE_TICK") == "2024-05-01T12:00:00Z");
  CHECK(s.last().variable("TENURE_KEY") == "service/c/leader");
  CHECK(s.last().variable("TENURE_FENCE") == std::to_string(s.held.fence()));
  CHECK(s.last().variable("TENURE_RUN") == "r1");
  CHECK(s.last().variable("TENURE_TRIGGER") == "schedule");
  CHECK(s.last().variable("TENURE_ATTEMPT") == "1");
  CHECK_FALSE(run.done());
  s.exit(0);
  REQUIRE(run.done());
  CHECK(run.value().how == ending::succeeded);
  CHECK(run.value().cause == stop_cause::none);
  CHECK(run.value().attempts == 1);
  CHECK(run.value().tail.find("two") != std::string::npos);
  std::sort(s.output->lines.begin(), s.output->lines.end());
  CHECK(s.output->lines == std::vector<std::string>{"[backup 2024-05-01T12:00:00Z err] bad\n",
                                                    "[backup 2024-05-01T12:00:00Z out] one\n",
                                                    "[backup 2024-05-01T12:00:00Z out] two\n"});
  CHECK(s.logged(log_level::info, "job succeeded", "job=backup"));
  CHECK(s.runner->running() == 0);
}

TEST_CASE("a run after hours without one begins with the lease as it is by then") {
  cron_stage s;
  s.begin(plain("a"));
  s.exit(0);
  s.b.rt.advance(3h);
  s.begin(plain("a"), "r2");
  REQUIRE(s.started() == 2);
  const auto lease = s.last().lease;
  CHECK(lease.stop_at == s.held.stop_at());
  CHECK(lease.stop_at > s.b.rt.now());
  CHECK(lease.kill_at >= lease.stop_at);
}

TEST_CASE("a term wakes the loop while a command runs, and not between its runs") {
  runner_options options;
  options.span = 100ms;  // the lease is read every 10 ms, of the boot clock
  cron_stage s(std::move(options));
  s.begin(plain("a"));
  s.b.rt.io().restart();
  CHECK(s.b.rt.io().run_one_for(10s) == 1);
  s.exit(0);
  s.b.rt.io().restart();
  CHECK(s.b.rt.io().run_for(100ms) <= 1);  // the pause that had begun ends
  s.begin(plain("a"), "r2");
  s.b.rt.io().restart();
  CHECK(s.b.rt.io().run_one_for(10s) == 1);
}

TEST_CASE("a failed run is tried again after its pause, and the attempts are counted") {
  cron_stage s;
  job what = plain("a");
  what.retry.retries = 2;
  what.retry.backoff = 10s;
  const auto& run = s.begin(std::move(what));
  s.exit(3);
  CHECK(s.started() == 1);
  CHECK(s.logged(log_level::warn, "job attempt failed", " attempt=1 retry_in="));
  s.b.rt.advance(12s);
  REQUIRE(s.started() == 2);
  CHECK(s.last().variable("TENURE_ATTEMPT") == "2");
  s.end(outcome(outcome::kind::not_started, ENOENT));
  s.b.rt.advance(24s);
  REQUIRE(s.started() == 3);
  s.exit(4);
  REQUIRE(run.done());
  CHECK(run.value().how == ending::failed);
  CHECK(run.value().exit_code == 4);
  CHECK(run.value().attempts == 3);
  CHECK(run.value().text == "exited with 4");
  CHECK(s.logged(log_level::warn, "job failed", "attempts=3"));
}

TEST_CASE("a time-out is a failed attempt; a stop is not tried again") {
  cron_stage s;
  job what = plain("a");
  what.retry.retries = 5;
  what.retry.backoff = 1s;
  what.timeout = 30s;
  const auto& run = s.begin(what);
  CHECK(s.last().what.stop_by == s.b.rt.now() + 30s);
  s.last().stop(command::stop_cause::timeout);  // as its guardian does
  s.exit(0);
  s.b.rt.advance(2s);
  REQUIRE(s.started() == 2);
  CHECK(s.logged(log_level::warn, "job attempt failed", " attempt=1 cause=timeout retry_in="));
  s.runner->stop("r1", stop_cause::replaced);
  s.runner->stop("r1", stop_cause::shutdown);  // the first cause counts
  s.runner->stop("unknown", stop_cause::shutdown);
  CHECK(s.last().stop_requested);
  s.end(outcome(outcome::kind::signalled, 15));
  REQUIRE(run.done());
  CHECK(run.value().how == ending::stopped);
  CHECK(run.value().cause == stop_cause::replaced);
  CHECK(run.value().signal_number == 15);
  CHECK(run.value().attempts == 2);
  CHECK(s.logged(log_level::warn, "job stopped", "cause=replaced"));

  what.retry.retries = 0;
  const auto& timed_out = s.begin(what, "r2");
  s.last().stop(command::stop_cause::timeout);
  s.exit(0);
  REQUIRE(timed_out.done());
  CHECK(timed_out.value().how == ending::stopped);
  CHECK(timed_out.value().cause == stop_cause::timeout);
  CHECK(s.logged(log_level::warn, "job timed out", "cause=timeout"));
}

TEST_CASE("a stop during the pause ends the run") {
  cron_stage s;
  job what = plain("a");
  what.retry.retries = 5;
  what.retry.backoff = 60s;
  what.on_failure = {"/bin/mail"};
  const auto& run = s.begin(std::move(what));
  s.exit(1);
  s.runner->stop("r1", stop_cause::replaced);
  s.b.rt.run_until_idle();
  REQUIRE(run.done());
  CHECK(run.value().how == ending::failed);
  CHECK(run.value().cause == stop_cause::replaced);
  CHECK(run.value().exit_code == 1);
  CHECK(s.started() == 1);
}

TEST_CASE("a term that holds no more starts nothing: neither the run nor its next attempt") {
  cron_stage s;
  job what = plain("a");
  what.retry.retries = 5;
  what.retry.backoff = 1min;
  const auto& tried = s.begin(what);
  s.exit(1);
  s.p.cut_off();
  s.b.rt.advance(4500ms);  // the stop budget before the end of the lease
  REQUIRE(tried.done());
  s.b.rt.advance(1s);
  REQUIRE_FALSE(s.held.holds());
  const std::size_t before = s.started();
  CHECK(tried.value().cause == stop_cause::lease);
  const auto& late = s.begin(what, "r2");
  REQUIRE(late.done());
  CHECK(late.value().how == ending::not_started);
  CHECK(late.value().cause == stop_cause::lease);
  CHECK(late.value().attempts == 0);
  CHECK(s.started() == before);
}

TEST_CASE("the end of the term stops the run: cause lease") {
  cron_stage s;
  const auto& run = s.begin(plain("a"));
  s.p.cut_off();
  s.b.rt.advance(4500ms);
  CHECK(s.last().stop_requested);
  s.end(outcome(outcome::kind::signalled, 15));
  REQUIRE(run.done());
  CHECK(run.value().how == ending::stopped);
  CHECK(run.value().cause == stop_cause::lease);
}

TEST_CASE("a missing env_file fails the run with one clear line, and is not tried again") {
  cron_stage s;
  job what = plain("a");
  what.retry.retries = 3;
  what.env_files = {"/no/such/file"};
  const auto& run = s.begin(std::move(what));
  REQUIRE(run.done());
  CHECK(s.started() == 0);
  CHECK(run.value().how == ending::not_started);
  CHECK(s.logged(log_level::warn, "job not started",
                 "outcome=could not be started: env_file /no/such/file: No such file or "
                 "directory"));
}

TEST_CASE("on_failure: a command with the record on its standard input, after the last attempt") {
  cron_stage s;
  job what = plain("a");
  what.retry.retries = 1;
  what.retry.backoff = 1s;
  what.on_failure = {"/bin/mail", "-s", "failed"};
  s.host.out = "last words\n";
  const auto& run = s.begin(std::move(what));
  s.exit(1);
  s.b.rt.advance(2s);
  s.exit(2);
  REQUIRE(s.started() == 3);
  CHECK_FALSE(run.done());
  CHECK(s.last().what.argv == std::vector<std::string>{"/bin/mail", "-s", "failed"});
  CHECK(s.last().variable("TENURE_ATTEMPT") == "2");
  CHECK(s.last().what.stop_by <= s.b.rt.now() + 1min);
  const std::string& record = s.host.inputs.at(2);
  const std::string begin = R"({"job":"a","tick":"2024-05-01T12:00:00Z","run":"r1",)";
  CHECK(record.starts_with(begin));
  CHECK(record.find(R"("host":"this-host","state":"failed","text":"exited with 2","exit_code":2,)"
                    R"("signal":0,"attempts":2,)") != std::string::npos);
  CHECK(record.find(R"("tail":"last words\nlast words"})") != std::string::npos);
  s.exit(7);
  REQUIRE(run.done());
  CHECK(run.value().exit_code == 2);
  CHECK(s.logged(log_level::warn, "on_failure command failed", "outcome=exited with 7"));
}

TEST_CASE("processes that a job leaves behind are logged, and its output ends without them") {
  cron_stage s;
  s.host.kept_open = 0;  // a daemon that holds the pipe
  s.host.out = "done\n";
  job what = plain("a");
  what.kill = kill_scope::process;
  const auto& run = s.begin(std::move(what));
  outcome how(outcome::kind::exited, 0);
  how.left_behind = 2;
  s.end(how);
  REQUIRE(run.done());
  CHECK(s.output->lines.size() == 1);
  CHECK(s.logged(log_level::warn, "job left processes behind", "processes=2 kill=process"));
  ::close(s.host.kept_open);
}

TEST_CASE("300 starts leave the loop its turns") {
  cron_stage s;
  std::size_t turns = 0;
  std::size_t most_in_a_row = 0;
  std::size_t in_a_row = 0;
  std::function<void()> turn = [&] {
    ++turns;
    in_a_row = 0;
    if (s.started() < 300) boost::asio::post(s.b.rt.executor(), turn);
  };
  s.host.on_start = [&] { most_in_a_row = std::max(most_in_a_row, ++in_a_row); };
  for (int i = 0; i < 300; ++i) {
    job what = plain("job-" + std::to_string(i));
    run_request request(std::make_shared<const job>(std::move(what)), noon, std::to_string(i),
                        run_trigger::schedule);
    s.runs.emplace_back(s.b.rt, s.runner->run(std::move(request), s.held));
  }
  boost::asio::post(s.b.rt.executor(), turn);
  REQUIRE(s.b.rt.run_until([&] { return s.started() == 300; }, 1s));
  CHECK(turns >= 299);
  CHECK(most_in_a_row <= 2);
}
