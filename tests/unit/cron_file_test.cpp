// The jobs file: what it may contain, and that all of its mistakes are found at once.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "tenure-cron/jobs_file/jobs_file.hpp"
#include "tenure-cron/jobs_file/shared_keys.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using lines = std::vector<std::string>;

lines errors(const std::string& text) {
  lines found;
  for (const tenure::apps::config_error& m : parse_jobs(text).errors)
    found.push_back(std::to_string(m.line) + ':' + std::to_string(m.column) + ": " + m.text);
  return found;
}

TEST_CASE("a complete file") {
  const jobs_file file = parse_jobs(R"(# nightly jobs
election: service/nightly/leader
jobs:
  - name: backup
    schedule: "30 2 * * mon-fri"
    command: ./backup.sh | logger
    timeout: 1h30m
  - name: probe
    schedule: "@every 10s"
    command: [./probe, --fast, 3]
    env: {TARGET: db-1, LEVEL: 2}
)");
  REQUIRE(file.errors.empty());
  CHECK(file.election == "service/nightly/leader");
  REQUIRE(file.jobs.size() == 2);
  CHECK(file.jobs[0]->name == "backup");
  CHECK(file.jobs[0]->when.text() == "30 2 * * mon-fri");
  CHECK(file.jobs[0]->argv == lines{"/bin/sh", "-c", "./backup.sh | logger"});
  CHECK(file.jobs[0]->timeout == 90min);
  CHECK(file.jobs[1]->argv == lines{"./probe", "--fast", "3"});
  CHECK_FALSE(file.jobs[1]->timeout);
  CHECK(file.jobs[1]->env == std::vector<std::pair<std::string, std::string>>{{"TARGET", "db-1"},
                                                                             {"LEVEL", "2"}});
}

TEST_CASE("all errors are found at once, with lines and columns") {
  CHECK(errors(R"(election: /nightly
owner: me
jobs:
  - name: a b
    schedule: "61 * * * *"
    command: []
  - schedule: "@often"
    comand: x
    timeout: soon
  - name: twice
    schedule: "@daily"
    command: x
    command: y
    env: {1X: a, TENURE_JOB: b, GOOD: [1]}
  - name: twice
    schedule: [1]
    command: [x, {y: z}]
    env: none
    timeout: 0s
  - just text
)") ==
        lines{
            "1:11: election: '/nightly' begins with a slash: leave it out",
            "2:1: unknown key 'owner' in the file (known: election, timezone, ledger, token_file,"
            " spread, max_jobs, max_parallel, max_output, defaults, jobs)",
            "4:11: 'a b' is not a name for a job: letters, digits, '-', '_' and '.', at most 100",
            "5:15: job 'a b': schedule: '61' is not a minute (0-59, *, 1-5, 1,3, */10, H)",
            "6:14: job 'a b': command: neither a text for the shell nor a list of arguments",
            "7:5: a job has no name",
            "7:5: job '?' has no command",
            "7:15: job '?': schedule: '@often' is not a schedule: five fields (minute hour day"
            " month weekday), six with the second first, @hourly, @daily, @weekly, @monthly,"
            " @yearly or @every 10s",
            "8:5: unknown key 'comand' in a job: did you mean 'command'?",
            "9:14: job '?': timeout: 'soon' is not a duration: write it as 500ms, 15s or 1m30s",
            "13:5: 'command' is given twice in a job",
            "14:11: job 'twice': env: '1X' is not the name of a variable",
            "14:18: job 'twice': env: 'TENURE_JOB': names that begin with TENURE_ are set by"
            " tenure-cron",
            "14:39: job 'twice': env: the value of 'GOOD' is not a text",
            "15:11: a second job 'twice', after that of line 10",
            "16:15: job 'twice': schedule: not a text",
            "17:18: job 'twice': command: an argument is not a text",
            "18:10: job 'twice': env: not a map of variables",
            "19:14: job 'twice': timeout: 0s is too short: at least 1ms",
            "20:5: a job is a map: name, schedule, command",
        });
}

TEST_CASE("keys that the daemon cannot use are errors of the file") {
  const std::string jobs = "jobs: [{name: a, schedule: '@daily', command: b}]\n";
  const auto election = [&](const std::string& key) {
    return errors("election: " + key + '\n' + jobs);
  };
  CHECK(election("a/b").empty());
  CHECK(election("r/../b") ==
        lines{"1:11: election: 'r/../b' cannot be a key (a key cannot have . or .. between"
              " slashes): use another"});
  CHECK(election(R"("r/a\nb")") ==
        lines{"1:11: election: 'r/a\\nb' cannot be a key (Consul refuses the character U+000A in"
              " a key): use another"});
  CHECK(election(std::string(513, 'k')) ==
        lines{"1:11: election: the key has 513 bytes: at most 512"});
  CHECK(errors("election: a\nledger: b/./c\n" + jobs) ==
        lines{"2:9: ledger: 'b/./c' cannot be a key (a key cannot have . or .. between slashes):"
              " use another"});
}

TEST_CASE("empty and incomplete files") {
  CHECK(errors("") == lines{"1:1: the file is empty: it needs election: and jobs:"});
  CHECK(errors("# nothing\n") == lines{"1:1: the file is empty: it needs election: and jobs:"});
  CHECK(errors("- a\n- b\n") == lines{"1:1: the file is not a map: it needs election: and jobs:"});
  CHECK(errors("election: x\n") == lines{"1:1: jobs: is missing"});
  CHECK(errors("election: x\njobs: []\n") == lines{"2:7: jobs: is not a list of jobs"});
  CHECK(errors("jobs:\n") ==
        lines{"1:1: 'jobs' has no value in the file",
              "1:1: election: is missing: the key of the election that gates the jobs"});
  CHECK(errors("election: x\njobs:\n  - name:\n    schedule:\n    command:\n    env:\n") ==
        lines{"3:5: 'name' has no value in a job", "4:5: 'schedule' has no value in a job",
              "5:5: 'command' has no value in a job", "6:5: 'env' has no value in a job"});
  CHECK(errors("election: x\njobs: 5\n") == lines{"2:7: jobs: is not a list of jobs"});
  CHECK(errors("election: x\njobs: [{name: a, schedule: '@daily', command: b}]\n---\na: 1\n") ==
        lines{"4:1: a second document: a file has one election"});
}

// yaml-cpp never comes to an end of these.
TEST_CASE("a comma outside of brackets is an error") {
  const auto comma_at = [](const std::string& where) {
    return lines{where + ": not YAML: a comma outside of brackets"};
  };
  CHECK(errors(",") == comma_at("1:1"));
  CHECK(errors(", a: 1\n") == comma_at("1:1"));
  CHECK(errors("- a\n,\n") == comma_at("2:1"));
  CHECK(errors("[a], b\n") == comma_at("1:4"));
  CHECK(errors("{election: x},\n") == comma_at("1:14"));
  CHECK(errors("\"x\",\n") == comma_at("1:4"));
  CHECK(errors("--- a\n...\n, b\n") == comma_at("3:1"));
  CHECK(errors("%YAML 1.2\n---\n,\n") == comma_at("3:1"));
}

TEST_CASE("a YAML error has its line, and a hint for missing quotes") {
  const lines bare_star = errors("election: x\njobs:\n  - name: a\n    schedule: */5 * * * *\n");
  REQUIRE(bare_star.size() == 1);
  CHECK(bare_star[0].starts_with("4:15: not YAML: "));
  CHECK(bare_star[0].ends_with("put what begins with * or @ in quotes"));
  const lines bare_at = errors("election: x\njobs:\n  - name: a\n    schedule: @daily\n");
  REQUIRE(bare_at.size() == 1);
  CHECK(bare_at[0].starts_with("4:15: not YAML: "));
  CHECK(bare_at[0].ends_with("put what begins with * or @ in quotes"));
  const lines alias = errors("election: x\njobs:\n  - <<: *heavy\n    name: a\n");
  REQUIRE(alias.size() == 1);
  CHECK(alias[0].starts_with("3:9: not YAML: "));
  CHECK(alias[0].ends_with(": an anchor of that name, as in &name, has to come first"));
  const lines open = errors("election: x\njobs: [\n");
  REQUIRE(open.size() == 1);
  CHECK(open[0].find("not YAML: ") != std::string::npos);
}

TEST_CASE("a mistake is one line, without control characters of the file") {
  CHECK(errors("election: x\ndefaults: {timeout: \"5\\n6\"}\n\"\\x9B31m\": 1\njobs:\n"
               "  - {name: \"\\e[31mred\", schedule: '@daily', command: x, timezone:"
               " \"Mars\\nV\"}\n") ==
        lines{"2:21: defaults: timeout: '5\\n6' is not a duration: write it as 500ms, 15s or 1m30s",
              "3:1: unknown key '\\xc2\\x9b31m' in the file (known: election, timezone, ledger,"
              " token_file, spread, max_jobs, max_parallel, max_output, defaults, jobs)",
              "5:12: '\\x1b[31mred' is not a name for a job: letters, digits, '-', '_' and '.', at"
              " most 100",
              "5:67: job '\\x1b[31mred': timezone: 'Mars\\nV' is not a time zone (as in"
              " Europe/Berlin, or UTC)"});
  CHECK(errors("election: x\njobs: [{name: a, schedule: '@daily', command: b, timeout: [1h]}]\n") ==
        lines{"2:59: job 'a': timeout: '...' is not a duration: write it as 500ms, 15s or 1m30s"});
}

TEST_CASE("the zone of a job: its own, that of its schedule, that of the file") {
  const jobs_file file = parse_jobs(R"(election: service/nightly/leader
timezone: Asia/Tokyo
jobs:
  - {name: a, schedule: "0 3 * * *", command: x}
  - {name: b, schedule: "0 3 * * *", command: x, timezone: Europe/Berlin}
  - {name: c, schedule: "CRON_TZ=America/New_York 0 3 * * *", command: x}
  - {name: d, at: "2026-12-01T03:00", command: x, splay: 30s}
)");
  REQUIRE(file.errors.empty());
  CHECK(file.jobs[0]->zone.name == "Asia/Tokyo");
  CHECK(file.jobs[1]->zone.name == "Europe/Berlin");
  CHECK(file.jobs[2]->zone.name == "America/New_York");
  CHECK(file.jobs[3]->when.next_after(sys_seconds(), *file.jobs[3]->zone.where) ==
        std::chrono::sys_days(std::chrono::year(2026) / 11 / 30) + 18h);
  CHECK(file.jobs[3]->splay == 30s);
}

TEST_CASE("mistakes in zones and single runs") {
  CHECK(errors(R"(election: x
timezone: Europe/Berln
jobs:
  - {name: a, schedule: "CRON_TZ=berlin 0 3 * * *", command: x}
  - {name: b, schedule: "TZ=UTC 0 3 * * *", timezone: UTC, command: x}
  - {name: c, at: "2026-13-01T03:00", command: x}
  - {name: d, at: "2026-12-01T03:00", schedule: "@daily", command: x}
  - {name: e, command: x}
  - {name: f, schedule: "@reboot", command: x}
)") ==
        lines{
            "2:11: timezone: 'Europe/Berln' is not a time zone (as in Europe/Berlin, or UTC)",
            "4:25: job 'a': schedule: 'berlin' is not a time zone: 'Europe/Berlin' is one",
            "5:55: job 'b': timezone: the schedule names a time zone, too: give one of them",
            "6:19: job 'c': at: '2026-13-01T03:00' is not a time, as in 2026-12-01T03:00 or"
            " 2026-12-01T03:00:00Z",
            "7:19: job 'd': at: the job has a schedule, too: give one of them",
            "8:5: job 'e' has no schedule, nor at: for a single run",
            "9:25: job 'f': schedule: '@reboot' is not a time that all machines share: use"
            " @every, or start the command where the machine starts its services",
        });
}

TEST_CASE("the keys of two files are apart, whichever of them spreads") {
  const auto file = [](std::string election, std::string ledger = {}) {
    jobs_file made;
    made.ledger = ledger.empty() ? "tenure-cron/" + election : std::move(ledger);
    made.election = std::move(election);
    return made;
  };
  const jobs_file team = file("team/x");
  CHECK(shared_keys(team, file("team/y"), "b").empty());
  CHECK(shared_keys(team, file("team/x2"), "b").empty());
  CHECK(shared_keys(team, file("team"), "b") ==
        "the election 'team/x' lies below the election 'team' of b");
  CHECK(shared_keys(team, file("team/x/backup"), "b") ==
        "the election 'team/x' contains the election 'team/x/backup' of b");
  CHECK(shared_keys(team, file("team/x", "other"), "b") == "the election 'team/x' is that of b");
  CHECK(shared_keys(team, file("c", "tenure-cron/team/x"), "b") ==
        "the ledger 'tenure-cron/team/x' is that of b");
  // The election of a host is below the ledger: jobs with run_on: all have it.
  CHECK(shared_keys(team, file("tenure-cron/team/x/all/host", "c"), "b") ==
        "the ledger 'tenure-cron/team/x' contains the election 'tenure-cron/team/x/all/host' of b");
  CHECK(shared_keys(team, file("c", "team/x/backup"), "b") ==
        "the election 'team/x' contains the ledger 'team/x/backup' of b");
}

}  // namespace
