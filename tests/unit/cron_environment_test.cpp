// The environment of a job: files of variables, secrets that stay here, and the run's own names.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/running/retry_pause.hpp"
#include "tenure-cron/running/run_environment.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;

std::string error_of(std::string_view text) {
  try {
    parse_env("f", text);
  } catch (const bad_env_file& e) {
    return e.what();
  }
  return "none";
}

job any_job() {
  job made(schedule::parse("@daily"), find_zone("UTC"));
  made.name = "backup";
  return made;
}

run_request run_of(job what) {
  const sys_seconds tick = std::chrono::sys_days(std::chrono::year(2024) / 5 / 1) + 12h;
  run_request run(std::make_shared<const job>(std::move(what)), tick, "r1", run_trigger::catch_up);
  run.key = "service/x/leader";
  run.fence = 17;
  return run;
}

std::string value_of(const std::vector<std::string>& environment, const std::string& name) {
  const auto is_it = [&](const std::string& e) { return e.starts_with(name + "="); };
  const auto found = std::find_if(environment.begin(), environment.end(), is_it);
  if (found == environment.end()) return "(none)";
  CHECK(std::count_if(environment.begin(), environment.end(), is_it) == 1);
  return found->substr(name.size() + 1);
}

TEST_CASE("files of variables: comments, quotes, escapes, continued lines") {
  CHECK(parse_env("f", "\xef\xbb\xbf# comment\n; another\n\nA=1\r\n  B = two words  \n"
                       "export C='it is $HOME \\n'\nD=\"a\\\"b\\n\\$c\\d\"\nE=\n"
                       "F=x # not a comment\nG=one \\\ntwo\nH='two\nlines'\nA=last") ==
        variables{{"A", "1"}, {"B", "two words"}, {"C", "it is $HOME \\n"},
                  {"D", "a\"b\n$c\\d"}, {"E", ""}, {"F", "x # not a comment"},
                  {"G", "one two"}, {"H", "two\nlines"}, {"A", "last"}});
  CHECK(parse_env("f", "").empty());
}

TEST_CASE("the largest file of variables costs no more than its length") {
  std::string text;
  while (text.size() < (1 << 20) - 10) text += 'V' + std::to_string(text.size()) + "=\n";
  const std::clock_t begin = std::clock();
  const variables made = parse_env("f", text);
  const auto environment = environment_of(run_of(any_job()), 1, {}, made);
  CHECK(std::clock() - begin < 3 * CLOCKS_PER_SEC);  // of the processor
  CHECK(made.size() > 100'000);
  CHECK(environment.size() > made.size());
}

TEST_CASE("a mistake in a file of variables is one line that names the line") {
  CHECK(error_of("A=1\nnonsense\n") == "env_file f: line 2: no KEY=value");
  CHECK(error_of("1A=1") ==
        "env_file f: line 1: the text before '=' is not the name of a variable");
  CHECK(error_of("\n\nA='x\ny\n") == "env_file f: line 3: no closing '");
  CHECK(error_of("A=\"x\" y") == "env_file f: line 1: text after the closing quote");
  CHECK(error_of(std::string_view("A=\0", 3)) == "env_file f: line 1: it has a NUL byte");
}

TEST_CASE("a file of variables that is missing or no file") {
  const auto error = [](const std::string& file) {
    try {
      read_env_file(file);
    } catch (const bad_env_file& e) {
      return std::string(e.what());
    }
    return std::string("none");
  };
  CHECK(error("/no/such/file") == "env_file /no/such/file: No such file or directory");
  CHECK(error("/") == "env_file /: not a regular file");
  CHECK(error("/dev/null") == "env_file /dev/null: not a regular file");
}

TEST_CASE("Consul's secrets and tokens are handed on only if they are named") {
  const std::vector<std::string> inherited = {
      "PATH=/bin",          "CONSUL_HTTP_TOKEN=secret1", "CONSUL_HTTP_TOKEN_FILE=secret2",
      "CONSUL_HTTP_AUTH=secret3", "CONSUL_CLIENT_KEY=secret4", "TENURE_ANY_TOKEN=secret5",
      "CONSUL_HTTP_ADDR=a", "TENURE_SPAN=5s"};
  job what = any_job();
  auto made = environment_of(run_of(what), 1, inherited, {});
  for (const std::string& each : made) CHECK(each.find("secret") == std::string::npos);
  CHECK(value_of(made, "CONSUL_HTTP_ADDR") == "a");
  CHECK(value_of(made, "TENURE_SPAN") == "5s");
  what.pass_env = {"CONSUL_HTTP_TOKEN", "TENURE_ANY_TOKEN"};
  what.env = {{"CONSUL_HTTP_AUTH", "own"}};
  made = environment_of(run_of(what), 1, inherited, {});
  CHECK(value_of(made, "CONSUL_HTTP_TOKEN") == "secret1");
  CHECK(value_of(made, "TENURE_ANY_TOKEN") == "secret5");
  CHECK(value_of(made, "CONSUL_HTTP_AUTH") == "own");
  CHECK(value_of(made, "CONSUL_CLIENT_KEY") == "(none)");
}

TEST_CASE("the job's variables win over its files, and the run's over both") {
  job what = any_job();
  what.env = {{"B", "job"}};
  const auto made = environment_of(run_of(what), 3, {"A=inherited", "B=inherited", "C=inherited"},
                                   {{"B", "file"}, {"C", "first"}, {"TENURE_JOB", "file"},
                                    {"C", "file"}});
  CHECK(value_of(made, "A") == "inherited");
  CHECK(value_of(made, "B") == "job");
  CHECK(value_of(made, "C") == "file");
  CHECK(value_of(made, "TENURE_JOB") == "backup");
  CHECK(value_of(made, "TENURE_TICK") == "2024-05-01T12:00:00Z");
  CHECK(value_of(made, "TENURE_KEY") == "service/x/leader");
  CHECK(value_of(made, "TENURE_FENCE") == "17");
  CHECK(value_of(made, "TENURE_RUN") == "r1");
  CHECK(value_of(made, "TENURE_TRIGGER") == "catch_up");
  CHECK(value_of(made, "TENURE_ATTEMPT") == "3");
}

TEST_CASE("pauses between attempts double up to the most, each a little different") {
  retry_rule rule;
  rule.backoff = 10s;
  rule.most = 1min;
  const tenure::duration expected[] = {10s, 20s, 40s, 60s, 60s};
  for (unsigned failed = 1; failed <= 5; ++failed) {
    const auto pause = retry_pause(rule, failed, "r1");
    CHECK(pause >= expected[failed - 1] * 8 / 10);
    CHECK(pause <= expected[failed - 1] * 12 / 10);
  }
  CHECK(retry_pause(rule, 1, "r1") != retry_pause(rule, 1, "r2"));
  rule.most = tenure::duration::max() / 2;
  CHECK(retry_pause(rule, 1'000, "r1") > 24h);
}

}  // namespace
