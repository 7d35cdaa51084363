// The line that says who leads, for a service manager.
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <vector>

#include "common/service/leaders_text.hpp"

using tenure::apps::election_line;
using tenure::apps::leaders_text;

namespace {

election_line held_by(const std::string& name, const std::string& value) {
  tenure::leader holder;
  holder.session = "a-session";
  holder.value = value;
  return {.name = name, .leads = false, .seen = holder};
}
election_line ours(const std::string& name) { return {.name = name, .leads = true, .seen = {}}; }
election_line unheld(const std::string& name) {
  return {.name = name, .leads = false, .seen = tenure::leader()};
}
election_line unread(const std::string& name) { return {.name = name, .leads = false, .seen = {}}; }

}  // namespace

TEST_CASE("the line names who leads what") {
  CHECK(leaders_text({}) == "no elections");
  CHECK(leaders_text({ours("db")}) == "leads db");
  CHECK(leaders_text({held_by("db", "host-b")}) == "host-b leads db");
  CHECK(leaders_text({unheld("db")}) == "without a leader: db");
  CHECK(leaders_text({unread("db")}) == "not read from Consul yet: db");
  CHECK(leaders_text({held_by("db", "host-b"), ours("mail"), unheld("queue"),
                      held_by("cron", "host-b"), held_by("web", "host-a"), unread("new")}) ==
        "leads mail; host-a leads web; host-b leads db, cron; without a leader: queue; "
        "not read from Consul yet: new");
}

TEST_CASE("of many elections and leaders the line names a few") {
  std::vector<election_line> all;
  for (int i = 0; i < 1000; ++i) all.push_back(ours("e" + std::to_string(i)));
  CHECK(leaders_text(all) == "leads e0, e1, e2, e3, e4 and 995 more");
  all.clear();
  for (char c = 'a'; c < 'a' + 7; ++c) all.push_back(held_by("x", std::string(1, c)));
  CHECK(leaders_text(all) ==
        "a leads x; b leads x; c leads x; d leads x; e leads x; 2 more candidates lead");
}

TEST_CASE("what a leader publishes stays within the line") {
  CHECK(leaders_text({held_by("db", "x\nREADY=0\r\0y")}) == "x?READY=0? leads db");
  CHECK(leaders_text({held_by("db", "\xff")}) == "\\xff leads db");
  CHECK(leaders_text({held_by("db", std::string(500, 'v'))}) ==
        std::string(80, 'v') + "... leads db");
  CHECK(leaders_text({held_by("db", "")}) == "(empty value) leads db");
}
