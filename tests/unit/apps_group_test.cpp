// The options by which programs join a group, and how they show one.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "common/group_options.hpp"
#include "common/group_text.hpp"
#include "common/options.hpp"
#include "common/text_table.hpp"

namespace {

using namespace tenure;
using Catch::Matchers::ContainsSubstring;

struct parsed {
  explicit parsed(std::vector<std::string> words) {
    CLI::App app;
    options.add_to(app);
    std::reverse(words.begin(), words.end());
    app.parse(words);
  }
  auto joins() const { return options.membership_with(candidacy("v"), "host"); }
  apps::group_options options;
};

group_report example() {
  group_report group;
  group.prefix = "jobs";
  group.elections = 12;
  group.free = 1;
  group.strangers = 2;
  group_member_status a;
  a.name = "host-a";
  a.session = "s-1";
  a.value = "a:80";
  a.labels = {{"rack", "7"}, {"zone", "a"}};
  a.settled = true;
  a.entered = 12;
  a.leads = 7;
  a.share = 6;
  a.gives = 1;
  group_member_status b;
  b.name = "host\nb";
  b.session = "s-2";
  b.weight = 50;
  b.capacity = 4;
  b.leads = 2;
  b.share = 3;
  b.gets = 1;
  group.members = {a, b};
  group.drained = {"host-c"};
  group.pins.push_back({"jobs/1", "host-a"});
  return group;
}

TEST_CASE("without --group a program joins nothing") {
  CHECK_FALSE(parsed({}).joins());
  for (const char* option : {"--member", "--weight", "--capacity"}) {
    CAPTURE(option);
    const parsed alone({option, "5"});
    CHECK_THROWS_AS(alone.joins(), apps::usage_error);
  }
}

TEST_CASE("the options of a membership") {
  const auto plain = parsed({"--group", "service/jobs/"}).joins();
  REQUIRE(plain);
  CHECK(plain->prefix == "service/jobs");
  CHECK(plain->how.name() == "host");
  CHECK(plain->how.how().value() == "v");
  CHECK(plain->how.weight() == 100);
  CHECK_FALSE(plain->how.capacity());
  const auto all =
      parsed({"--group", "jobs", "--member", "a", "--weight", "0", "--capacity", "7"}).joins();
  REQUIRE(all);
  CHECK(all->how.name() == "a");
  CHECK(all->how.weight() == 0);
  CHECK(all->how.capacity() == 7U);
  const parsed slash({"--group", "jobs", "--member", "a/b"});
  CHECK_THROWS_WITH(slash.joins(), ContainsSubstring("--member: the member's name \"a/b\""));
  CHECK_THROWS_WITH(parsed({"--group", "jobs", "--weight", "1000001"}),
                    ContainsSubstring("'1000001' is not a whole number from 0 to 1000000"));
  CHECK_THROWS_AS(parsed({"--group", "jobs", "--weight", "-1"}), CLI::ParseError);
}

TEST_CASE("the state of a member is one word") {
  group_member_status m;
  CHECK(apps::state_of(m) == std::string("joining"));
  m.settled = true;
  CHECK(apps::state_of(m) == std::string("settled"));
  m.draining = true;
  CHECK(apps::state_of(m) == std::string("draining"));
  m.idle = true;
  CHECK(apps::state_of(m) == std::string("drained"));
  m.leads = 1;
  CHECK(apps::state_of(m) == std::string("draining"));
  m.leaving = true;
  CHECK(apps::state_of(m) == std::string("leaving"));
}

TEST_CASE("a group as a table") {
  CHECK(apps::to_lines(example()) ==
        std::vector<std::string>{
            "MEMBER   WEIGHT  CAPACITY  STATE    SHARE  LEADS  GIVES  GETS  LABELS",
            "host-a   100     -         settled  6      7      1      0     rack=7,zone=a",
            "host\\nb  50      4         joining  3      2      0      1     -",
            "12 elections: 1 free, 2 held by no member",
            "drained: host-c",
            "pinned: jobs/1 to host-a",
        });
}

TEST_CASE("a group as one line of JSON") {
  CHECK(apps::to_json(example()) ==
        R"({"group":"jobs","elections":12,"free":1,"foreign":2,"members":[)"
        R"({"name":"host-a","session":"s-1","value":"a:80","state":"settled","weight":100,)"
        R"("capacity":null,"share":6,"leads":7,"gives":1,"gets":0,"entered":12,)"
        R"("labels":{"rack":"7","zone":"a"}},)"
        R"({"name":"host\nb","session":"s-2","value":"","state":"joining","weight":50,)"
        R"("capacity":4,"share":3,"leads":2,"gives":0,"gets":1,"entered":0,"labels":{}}],)"
        R"("drained":["host-c"],"pins":{"jobs/1":"host-a"}})");
}

TEST_CASE("the columns of a table are counted in characters") {
  CHECK(apps::aligned({{"NAME", "N"}, {"gr\xc3\xb6\xc3\x9f" "e", "1"}, {"\xe2\x82\xac", "2"}}) ==
        std::vector<std::string>{"NAME   N", "gr\xc3\xb6\xc3\x9f" "e  1", "\xe2\x82\xac      2"});
}

TEST_CASE("a table without rows has no lines") { CHECK(apps::aligned({}).empty()); }

}  // namespace
