// Elections of a group in the file of a sidecar.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <vector>

#include "common/options.hpp"
#include "sidecar/config/file.hpp"

namespace tenure::test {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using sidecar::config;

std::vector<std::string> errors_of(const std::string& text, config* into = nullptr) {
  apps::config_errors errors;
  config c = sidecar::read_config(text, consul_config(), errors);
  std::vector<std::string> list;
  for (const apps::config_error& e : errors.take()) {
    list.push_back(std::to_string(e.line) + ": " + e.text);
  }
  if (into != nullptr) *into = std::move(c);
  return list;
}

config read(const std::string& text) {
  config c{consul_config()};
  CHECK(errors_of(text, &c) == std::vector<std::string>());
  return c;
}

std::string only_error_of(const std::string& text) {
  const std::vector<std::string> all = errors_of(text);
  REQUIRE(all.size() == 1);
  return all.front();
}

}  // namespace

TEST_CASE("An election names its group by the prefix alone, or in full") {
  const config c = read(R"(
elections:
  - {name: a, group: service/jobs/}
  - {name: b, group: {prefix: service/mail, member: host-1, weight: 0, capacity: 3}}
  - {name: c}
)");
  const auto& plain = c.elections[0].options.group;
  REQUIRE(plain);
  CHECK(plain->prefix == "service/jobs");
  CHECK(plain->how.name() == apps::host_name());
  CHECK(plain->how.weight() == 100);
  CHECK_FALSE(plain->how.capacity());
  const auto& full = c.elections[1].options.group;
  REQUIRE(full);
  CHECK(full->prefix == "service/mail");
  CHECK(full->how.name() == "host-1");
  CHECK(full->how.weight() == 0);
  CHECK(full->how.capacity() == 3U);
  CHECK_FALSE(c.elections[2].options.group);
}

TEST_CASE("Defaults hold for each election, and a body has the time of a promise") {
  const config c = read(R"(
defaults: {span: 90s, guarantee: 45s, group: {prefix: jobs, weight: 7}}
elections:
  - {name: a}
  - {name: b, group: {capacity: 2, prefix: other}}
)");
  CHECK(c.elections[0].options.group->prefix == "jobs");
  CHECK(c.elections[0].options.group->how.weight() == 7);
  CHECK(c.elections[0].options.group->how.how().span() == 90s);
  CHECK(c.elections[0].options.group->how.hand_over_limit() == 55s);
  CHECK(c.elections[1].options.group->prefix == "other");
  CHECK(c.elections[1].options.group->how.weight() == 7);
  CHECK(c.elections[1].options.group->how.capacity() == 2U);
}

TEST_CASE("A group of an election needs a prefix, from itself or from defaults") {
  CHECK(only_error_of("elections:\n  - {name: b}\n"
                      "  - {name: a, group: {weight: 0, member: x}}\n") ==
        "3: election 'a': group: needs a prefix: give it here or in the group of defaults");
  CHECK(only_error_of("defaults: {group: {weight: 5}}\nelections:\n"
                      "  - name: a\n    group: {member: x}\n") ==
        "4: election 'a': group: needs a prefix: give it here or in the group of defaults");
  // One error for each mistake.
  CHECK_THAT(only_error_of("elections:\n  - {name: a, group: {prefix: }}\n"),
             ContainsSubstring("'prefix' has no value"));
  CHECK_THAT(only_error_of("defaults: {group: {prefix: [x]}}\nelections:\n"
                           "  - {name: a, group: {weight: 5}}\n"),
             ContainsSubstring("1: defaults: group: prefix: is not a string"));

  const config c = read(R"(
defaults: {group: {weight: 5}}
elections:
  - {name: a, group: jobs}
  - {name: b, group: {prefix: mail}}
  - {name: c}
)");
  CHECK(c.elections[0].options.group->how.weight() == 5);
  CHECK(c.elections[1].options.group->how.weight() == 5);
  CHECK_FALSE(c.elections[2].options.group);
}

TEST_CASE("All elections of a group need the same settings") {
  for (const char* other : {"value: x", "span: 20s", "group: {prefix: jobs, weight: 3}",
                            "group: {prefix: jobs, member: m}"}) {
    CAPTURE(other);
    const std::string text = std::string("defaults: {group: jobs}\nelections:\n  - {name: a}\n") +
                             "  - {name: b, " + other + "}\n";
    CHECK_THAT(only_error_of(text),
               ContainsSubstring("4: election 'b': group: the election of line 3 has other "
                                 "settings"));
  }
}

TEST_CASE("Mistakes in a group are reported with their line") {
  const auto with = [](const char* group) {
    return std::string("elections:\n  - {name: a, group: ") + group + "}\n";
  };
  CHECK_THAT(only_error_of(with("/jobs")), ContainsSubstring("2: election 'a': group: '/jobs'"));
  CHECK_THAT(only_error_of(with("{prefix: jobs, weigth: 1}")), ContainsSubstring("weigth"));
  CHECK_THAT(only_error_of(with("{prefix: jobs, weight: heavy}")), ContainsSubstring("weight"));
  CHECK_THAT(only_error_of(with("{prefix: jobs, weight: 1000001}")), ContainsSubstring("weight"));
  CHECK_THAT(only_error_of(with("{prefix: jobs, member: a/b}")),
             ContainsSubstring("2: election 'a': group: "));
}

TEST_CASE("An election of a group has no key where the group keeps its own") {
  CHECK(only_error_of("defaults: {group: jobs}\nelections:\n  - name: a\n"
                      "    key: jobs/members/a\n") ==
        "4: election 'a': key: 'jobs/members/a' is below 'jobs/members/', where the group keeps "
        "its own keys: use another");
  // The default key.
  CHECK_THAT(only_error_of("elections:\n  - {name: handed, group: service}\n"),
             ContainsSubstring("2: election 'handed': key: 'service/handed/leader' is below"));
  read("elections:\n  - {name: members, group: jobs}\n");
}

}  // namespace tenure::test
