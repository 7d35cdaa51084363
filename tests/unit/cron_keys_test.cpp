// The keys of a job and of a file: their values, their mistakes, and what YAML adds to that.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tenure-cron/jobs_file/jobs_file.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

lines errors(const std::string& text) {
  lines found;
  for (const tenure::apps::config_error& e : parse_jobs(text).errors)
    found.push_back(tenure::apps::located("", e).substr(1));
  return found;
}

std::string with_job(const std::string& keys) {
  return "election: x\njobs:\n  - {name: a, schedule: \"@daily\", command: x, " + keys + "}\n";
}

job_ptr job_with(const std::string& keys) {
  const jobs_file file = parse_jobs(with_job(keys));
  REQUIRE(file.errors.empty());
  return file.jobs.at(0);
}

TEST_CASE("every key of a job") {
  const jobs_file file = parse_jobs(R"(election: service/x/leader
ledger: state/cron/
spread: true
max_jobs: 5
max_parallel: 7
max_output: 64KiB
jobs:
  - name: a
    schedule: "@daily"
    command: x
    catch_up: 5
    starting_deadline: 1h
    retry_unknown: true
    overlap: allow
    max_parallel: 3
    retries: {attempts: 4, backoff: 2s, most: 1m}
    cwd: /srv
    user: www-data
    group: "33"
    umask: 027
    nice: -5
    env_file: [/etc/a.env, b.env]
    pass_env: CONSUL_HTTP_TOKEN
    stdin: "in\n"
    kill: group
    on_failure: [mail, ops]
    output: {file: /var/log/a.log, size: 1MiB, keep: 2}
    run_on: leader
    on: [gpu, "zone=a"]
    history: 7
)");
  REQUIRE(file.errors.empty());
  CHECK(file.ledger == "state/cron");
  CHECK(file.spread == true);
  CHECK(file.limits.max_jobs == 5);
  CHECK(file.limits.max_parallel == 7);
  CHECK(file.limits.max_output == 65536);
  const job& a = *file.jobs.at(0);
  CHECK(a.catch_up == 5);
  CHECK(a.starting_deadline == 1h);
  CHECK(a.retry_unknown);
  CHECK(a.overlap == overlap_rule::allow);
  CHECK(a.max_parallel == 3);
  CHECK(a.retry.retries == 4);
  CHECK(a.retry.backoff == 2s);
  CHECK(a.retry.most == 1min);
  CHECK(a.cwd == "/srv");
  CHECK(a.user == "www-data");
  CHECK(a.group == "33");
  CHECK(a.umask == 027);
  CHECK(a.nice == -5);
  CHECK(a.env_files == lines{"/etc/a.env", "b.env"});
  CHECK(a.pass_env == lines{"CONSUL_HTTP_TOKEN"});
  CHECK(a.input == "in\n");
  CHECK(a.kill == kill_scope::group);
  CHECK(a.on_failure == lines{"mail", "ops"});
  REQUIRE(a.output);
  CHECK(a.output->path == "/var/log/a.log");
  CHECK(a.output->size == 1024 * 1024);
  CHECK(a.output->keep == 2);
  CHECK(a.on == lines{"gpu", "zone=a"});
  CHECK(a.history == 7);
}

TEST_CASE("what a job has without its keys, and the short forms") {
  const job_ptr a = job_with("retries: 2, output: a.log");
  CHECK(a->catch_up == 1);
  CHECK(a->starting_deadline == 5min);
  CHECK(a->overlap == overlap_rule::forbid);
  CHECK(a->kill == kill_scope::tree);
  CHECK(a->history == 100);
  CHECK_FALSE(a->input);
  CHECK(a->retry.retries == 2);
  CHECK(a->retry.backoff == 10s);
  CHECK(a->output->path == "a.log");
  CHECK(a->output->size == 10'000'000);
  CHECK(job_with("catch_up: none")->catch_up == 0);
  CHECK(job_with("catch_up: all")->catch_up == catch_up_all);
  CHECK(job_with("stdin: ''")->input == "");
}

TEST_CASE("merge keys, defaults, anchors and folded texts") {
  const jobs_file file = parse_jobs(R"(election: service/x/leader
x-base: &base {timeout: 1h, env: {A: 1, B: 2}}
defaults:
  timezone: Europe/Berlin
  env: {HOME: /x, A: 0}
  overlap: queue
  schedule: "H 3 * * *"
jobs:
  - {<<: *base, name: a, command: x}
  - name: b
    <<: [{timeout: 5s}, *base]
    schedule: >-
      CRON_TZ=UTC
      0 3 * *
      mon
    command: |
      echo a
      echo b
    env: {A: 5}
  - name: c
    at: >
      2026-12-01T03:00
    command: [x]
)");
  REQUIRE(file.errors.empty());
  REQUIRE(file.jobs.size() == 3);
  using variables = std::vector<std::pair<std::string, std::string>>;
  CHECK(file.jobs[0]->timeout == 1h);
  CHECK(file.jobs[0]->env == variables{{"HOME", "/x"}, {"A", "1"}, {"B", "2"}});
  CHECK(file.jobs[0]->overlap == overlap_rule::queue);
  CHECK(file.jobs[0]->when.text() == "H 3 * * *");
  CHECK(file.jobs[0]->zone.name == "Europe/Berlin");
  CHECK(file.jobs[1]->timeout == 5s);
  CHECK(file.jobs[1]->env == variables{{"HOME", "/x"}, {"A", "5"}});
  CHECK(file.jobs[1]->when.text() == "CRON_TZ=UTC 0 3 * * mon");
  CHECK(file.jobs[1]->zone.name == "UTC");
  CHECK(file.jobs[1]->argv.back() == "echo a\necho b\n");
  CHECK(file.jobs[2]->when.text() == "2026-12-01T03:00");
}

TEST_CASE("mistakes in every key") {
  CHECK(errors(R"(election: service/x/leader
x-common: &common
  timeout: 5m
  overlap: Forbid
max_paralel: 3
ledger: service/x
spread: maybe
max_jobs: 0
max_output: 10 MByte
defaults:
  timezone: Mars/Base
  retries: {attempts: 3, backof: 10s}
  name: x
jobs:
  - <<: *common
    name: a
    schedule: >-
      61 3
      * * *
    command: "a\0b"
    umask: 999
    nice: 40
    catch_up: some
    output: {size: 10XB}
    max_parallel: 4
  - name: b
    <<: 5
    schedul: "@daily"
    command: [x, "y\0"]
    starting_deadline: 100ms
    kill: proces
    run_on: all
    on: [gpu]
    group: adm
    env: {A: , B: [1], <<: {C: 2}}
    retries: 999
    timeout: 90
    pass_env: [A, 1B]
    stdin: [x]
    retry_unknown: perhaps
    history: 0
    splay: 1h30
  - {name: c, schedule: "@daily", command: x, env: {Ü: 1}, nice: 1é, umask: 8}
)") ==
        lines{
            "4:12: job 'a': overlap: 'Forbid' is none of forbid, allow, replace, queue: did you"
            " mean forbid?",
            "5:1: unknown key 'max_paralel' in the file: did you mean 'max_parallel'?",
            "6:9: ledger: 'service/x' contains the election, or lies below it: choose another"
            " prefix",
            "7:9: spread: 'maybe' is neither true nor false",
            "8:11: max_jobs: '0' is not a number from 1 to 100000",
            "9:13: max_output: '10 MByte' is not a size: write it as 512kB, 10MB or 1GiB",
            "11:13: defaults: timezone: 'Mars/Base' is not a time zone (as in Europe/Berlin, or"
            " UTC)",
            "12:26: unknown key 'backof' in defaults: retries: did you mean 'backoff'?",
            "13:3: unknown key 'name' in defaults (known: schedule, timezone, splay, command,"
            " env, timeout, catch_up, starting_deadline, retry_unknown, overlap, max_parallel,"
            " retries, cwd, user, group, umask, nice, env_file, pass_env, stdin, kill,"
            " on_failure, output, run_on, on, history)",
            "17:15: job 'a': schedule: '61' is not a minute (0-59, *, 1-5, 1,3, */10, H)",
            "20:14: job 'a': command: has a NUL, which no process can get",
            "21:12: job 'a': umask: '999' is not an octal number up to 0777, as in 027",
            "22:11: job 'a': nice: '40' is not a number from -20 to 19",
            "23:15: job 'a': catch_up: 'some' is none of none, last, all and a number from 1 to"
            " 10000",
            "24:13: job 'a': output: file: is missing: its path",
            "24:20: job 'a': output: size: '10XB' is not a size: write it as 512kB, 10MB or 1GiB",
            "25:19: job 'a': max_parallel: more than one run at a time needs overlap: allow",
            "26:5: job 'b' has no schedule, nor at: for a single run",
            "27:9: '<<' in a job is neither a map nor a list of maps",
            "28:5: unknown key 'schedul' in a job: did you mean 'schedule'?",
            "29:18: job 'b': command: an argument has a NUL, which no process can get",
            "30:24: job 'b': starting_deadline: 100ms is too short: at least 1s",
            "31:11: job 'b': kill: 'proces' is none of process, group, tree: did you mean"
            " process?",
            "33:9: job 'b': on: labels choose the leader of a job, and run_on: all needs no"
            " leader",
            "35:11: job 'b': env: 'A' has no value: write \"\" for an empty one",
            "35:19: job 'b': env: the value of 'B' is not a text",
            "36:14: job 'b': retries: '999' is not a number from 0 to 100",
            "37:14: job 'b': timeout: '90' is not a duration: write it as 500ms, 15s or 1m30s",
            "38:19: job 'b': pass_env: '1B' is not the name of a variable",
            "39:12: job 'b': stdin: not a text",
            "40:20: job 'b': retry_unknown: 'perhaps' is neither true nor false",
            "41:14: job 'b': history: '0' is not a number from 1 to 10000",
            "42:12: job 'b': splay: '1h30' is not a duration: write it as 500ms, 15s or 1m30s",
            "43:53: job 'c': env: 'Ü' is not the name of a variable",
            "43:66: job 'c': nice: '1é' is not a number from -20 to 19",
            "43:77: job 'c': umask: '8' is not an octal number up to 0777, as in 027",
        });
}

TEST_CASE("a NUL, a zero before a number, and a control character in a label are mistakes") {
  CHECK(errors(with_job("history: 10")).empty());
  const auto says = [](const std::string& key, const std::string& mistake) {
    const lines all = errors(with_job(key));
    return all.size() == 1 && all.front().ends_with(mistake);
  };
  CHECK(says("history: 010", "history: '010' begins with 0: write the number without"));
  CHECK(says("timeout: 05s", "timeout: '05s' has a 0 before a number: write the number without"));
  CHECK(says("output: {file: a, size: 010MB}",
             "size: '010MB' begins with 0: write the number without"));
  CHECK(says(R"(timezone: "UTC\0x")",
             "timezone: has a NUL, which no program and no file name can get"));
  CHECK(says(R"(timeout: "5s\0x")",
             "timeout: '5s\\x00x' is not a duration: write it as 500ms, 15s or 1m30s"));
  CHECK(says(R"(on: ["a\n"])", "on: 'a\\n' has control characters: leave them out"));
}

TEST_CASE("names that clients take for parts of a path, and durations beyond all calendars") {
  const auto named = [](const std::string& name) {
    return errors("election: x\njobs:\n  - {name: '" + name +
                  "', schedule: '@daily', command: x}\n").size();
  };
  CHECK(named(".") == 1);
  CHECK(named("..") == 1);
  CHECK(named("...") == 0);
  CHECK(named(".a") == 0);
  CHECK(job_with("timeout: 36500d")->timeout == 36500 * 24h);
  CHECK(errors(with_job("timeout: 36501d")).size() == 1);
  CHECK(errors(with_job("splay: 100000d")).size() == 1);
}

TEST_CASE("files that are built to take long") {
  const std::string head = "election: x\njobs:\n  - ";
  CHECK(errors(head + "&j {name: a, schedule: '@daily', command: x, <<: *j}\n") ==
        lines{"3:5: '<<' in a job merges more than 100 maps"});
  CHECK(errors("a: " + std::string(100'000, '[')) ==
        lines{"1:1: lists and maps are nested too deeply"});
  std::string bomb = "election: x\nx-0: &a0 {timeout: 1s}\n";
  for (int i = 1; i < 12; ++i) {
    const std::string base = "*a" + std::to_string(i - 1);
    bomb += "x-" + std::to_string(i) + ": &a" + std::to_string(i) + " {<<: [" + base;
    for (int n = 1; n < 9; ++n) bomb += ", " + base;
    bomb += "]}\n";
  }
  bomb += "jobs:\n  - {name: a, schedule: '@daily', command: x, <<: *a11}\n";
  CHECK(errors(bomb).size() == 1);
  std::string many = "election: x\nmax_jobs: 2\njobs:\n";
  for (const char* name : {"a", "b", "c"})
    many += std::string("  - {name: ") + name + ", schedule: '@daily', command: x}\n";
  CHECK(errors(many) == lines{"6:5: jobs: has 3 jobs: at most 2 (max_jobs)"});
  CHECK(errors(std::string(17 * 1024 * 1024, ' ')) ==
        lines{"1:1: the file has more than 16777216 bytes"});
  CHECK(errors(with_job("cwd: '" + std::string(200'000, 'x') + "'")) ==
        lines{"3:52: job 'a': cwd: has 200000 bytes: the system passes at most 131071"});
  CHECK(errors(std::string("election: x\nju\0bs: 1\n", 21)) ==
        lines{"2:3: has a NUL: it has to be text in UTF-8"});
}

TEST_CASE("digests: of the ticks of a job, and of the meaning of a file") {
  const std::string ticks = job_with("timeout: 1h")->digest();
  CHECK(ticks.size() == 16);
  CHECK(job_with("timeout: 2h")->digest() == ticks);
  CHECK(job_with("timezone: Asia/Tokyo")->digest() != job_with("timezone: UTC")->digest());
  const auto digest = [](const std::string& text) { return parse_jobs(text).digest(); };
  const std::string one = "  - {name: a, schedule: '@daily', command: x}\n";
  const std::string two = "  - {name: b, schedule: '@daily', command: x}\n";
  CHECK(digest("election: x\njobs:\n" + one + two) ==
        digest("# the same\nelection: 'x'\njobs:\n" + two + one));
  CHECK(digest("election: x\njobs:\n" + one) != digest("election: x\njobs:\n" + two));
  CHECK(digest(with_job("timeout: 1h")) != digest(with_job("timeout: 2h")));
  const std::string with_token = "token_file: /run/shop.token\n" + with_job("timeout: 1h");
  CHECK(parse_jobs(with_token).token_file == "/run/shop.token");
  CHECK(digest(with_token) != digest(with_job("timeout: 1h")));
  CHECK(parse_jobs("token_file: ''\n" + with_job("timeout: 1h")).errors.size() == 1);
}

}  // namespace
