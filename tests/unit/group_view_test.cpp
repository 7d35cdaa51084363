// A group as the list of its keys shows it.
#include "election/group/group_view.hpp"

#include <catch2/catch_test_macros.hpp>
#include <tenure/bad_configuration.hpp>
#include <tenure/membership.hpp>

#include "consul/member_document.hpp"
#include "core/group/member_name.hpp"

namespace {

using namespace tenure;

constexpr const char* first = "11111111-1111-1111-1111-111111111111";
constexpr const char* second = "22222222-2222-2222-2222-222222222222";

consul::kv_entry entry(std::string key, std::string value, std::string session = "") {
  consul::kv_entry one;
  one.key = std::move(key);
  one.value = std::move(value);
  one.session = std::move(session);
  one.create_index = 3;
  one.modify_index = 7;
  return one;
}

consul::kv_entry member(const std::string& session, const std::string& name) {
  core::group_member document;
  document.name = name;
  document.value = name + ":80";
  consul::kv_entry one =
      entry(impl::member_key_name("g", session), consul::member_text(document), session);
  one.flags = consul::lock_flags;
  return one;
}

consul::kv_list list(std::vector<consul::kv_entry> entries) {
  consul::kv_list all;
  all.entries = std::move(entries);
  return all;
}

TEST_CASE("members are in the order of names, then of sessions") {
  const auto view =
      impl::read_group("g", list({member(first, "b"), member(second, "a"), member("x", "a")}));
  REQUIRE(view.members.size() == 3);
  CHECK(view.members[0].session == core::session_id(second));
  CHECK(view.members[1].session == core::session_id("x"));
  CHECK(view.members[2].document.name == "b");
  CHECK(view.members[2].document.value == "b:80");
  CHECK(view.members[2].create_index == 3);
  CHECK(view.find(core::session_id(first)) == &view.members[2]);
  CHECK(view.find(core::session_id("y")) == nullptr);
}

TEST_CASE("a key shows a member only if the session of its name locks it") {
  consul::kv_entry other = member(first, "a");
  other.session = second;
  consul::kv_entry crashed = member(second, "b");
  crashed.session.clear();
  const auto view = impl::read_group(
      "g", list({other, crashed, entry("g/members/" + std::string(second), "{}", second),
                 entry("g/members/note", "an operator's"), entry("g/members/a/b", "deeper", first),
                 entry("g/membership", "another key", first)}));
  CHECK(view.members.empty());
  CHECK(view.left_overs ==
        std::vector<impl::left_over>{{"g/members/" + std::string(second), 7}});
  CHECK(view.unreadable == std::vector<std::string>{"g/members/" + std::string(first),
                                                    "g/members/" + std::string(second)});
}

TEST_CASE("a member's key is no election, also after a crash of its process") {
  CHECK(impl::is_member_key(member(first, "a")));
  consul::kv_entry crashed = member(second, "b");
  crashed.session.clear();
  CHECK(impl::is_member_key(crashed));
  crashed.key = "members/" + std::string(second);
  CHECK_FALSE(impl::is_member_key(crashed));  // of no group
  CHECK_FALSE(impl::is_member_key(entry("app/members/leader", "host-a", first)));
  consul::kv_entry free = entry("app/members/leader", "");
  free.flags = consul::lock_flags;
  CHECK_FALSE(impl::is_member_key(free));
}

TEST_CASE("pins and drains, as people write them") {
  const auto view = impl::read_group(
      "g", list({entry("g/members/.pinned/g/t/1", "a\n"), entry("g/members/.pinned/other", "b\r\n"),
                 entry("g/members/.pinned/", ""), entry("g/members/.pinned/g/t/2", "\n"),
                 entry("g/members/.drained/host a", ""), entry("g/members/.drained/", ""),
                 entry("g/members/.drained/a/b", ""), entry("g/members/.later/x", "", first),
                 entry("g/members/", "")}));
  CHECK(view.pins == std::map<std::string, std::string>{{"g/t/1", "a"}, {"other", "b"}});
  CHECK(view.drained == std::set<std::string>{"host a"});
  CHECK(view.members.empty());
  CHECK(view.unreadable.empty());
  CHECK(view.left_overs.empty());
  CHECK(impl::pin_key_name("g", "g/t/1") == "g/members/.pinned/g/t/1");
  CHECK(impl::drain_key_name("g", "host a") == "g/members/.drained/host a");
}

TEST_CASE("two views show the same group if no member wrote its key and no wish changed") {
  const auto before = impl::read_group("g", list({member(first, "a")}));
  const consul::kv_entry same = member(first, "a");
  consul::kv_entry again = same;
  again.modify_index = 9;
  consul::kv_entry crashed = member(second, "b");
  crashed.session.clear();
  CHECK(before.same_group(impl::read_group("g", list({same, crashed}))));
  CHECK_FALSE(before.same_group(impl::read_group("g", list({again}))));
  CHECK_FALSE(before.same_group(impl::read_group("g", list({member(first, "b")}))));
  CHECK_FALSE(before.same_group(
      impl::read_group("g", list({same, entry("g/members/.drained/a", "")}))));
}

TEST_CASE("a group's prefix is a folder that can be asked for") {
  for (const char* good : {"jobs", "a/b", "a b", "members"}) {
    INFO(good);
    CHECK_NOTHROW(impl::check_group_prefix(good));
  }
  for (const char* bad : {"", "/jobs", "jobs/", "/", "a//b", "a/../b", ".", "a\nb"}) {
    INFO(bad);
    CHECK_THROWS_AS(impl::check_group_prefix(bad), bad_configuration);
  }
}

TEST_CASE("a member's name is part of a key") {
  for (const std::string good : {"a", "host-a.example:80", "h\xc3\xb6st", "...", ".a"}) {
    INFO(good);
    CHECK_NOTHROW(core::check_member_name(good));
  }
  CHECK_NOTHROW(core::check_member_name(std::string(255, 'x')));
  for (const std::string bad : {"", "a/b", ".", "..", "a\n", "\xff", "a\x7f"}) {
    INFO(bad);
    CHECK_THROWS_AS(core::check_member_name(bad), bad_configuration);
  }
  CHECK_THROWS_AS(core::check_member_name(std::string(256, 'x')), bad_configuration);
}

TEST_CASE("a membership that cannot work is refused with its value and a remedy") {
  using namespace std::chrono_literals;
  const membership good("a", candidacy("v"));
  CHECK_NOTHROW(good.check());
  const auto refused = [&](auto change) {
    membership m = good;
    change(m);
    try {
      m.check();
    } catch (const bad_configuration& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  CHECK(refused([](membership& m) { m.weight(1'000'001); }) ==
        "weight 1000001 is out of range: choose 0 to 1000000");
  CHECK(refused([](membership& m) { m.capacity(0xffffffff); }).starts_with("capacity 4294967295"));
  CHECK(refused([](membership& m) { m.labels({{"zone", "\xff"}}); }).starts_with("labels"));
  CHECK(refused([](membership& m) { m.labels({{"", "x"}}); }).starts_with("a label"));
  CHECK(refused([](membership& m) { m.settling_time(-1s); }).starts_with("settling time -1s"));
  CHECK(refused([](membership& m) { m.moves_per_second(0); }).starts_with("0 moves"));
  CHECK(refused([](membership& m) { m.hand_over_limit(0s); }).starts_with("hand-over limit 0s"));
  CHECK(refused([](membership& m) { m.drain_limit(0s); }).starts_with("drain limit 0s"));
  CHECK(refused([](membership& m) { m.drain_limit(25h); }).starts_with("drain limit "));
  CHECK(refused([](membership& m) { m.weight(0).capacity(0).settling_time(0s); }).empty());
  CHECK_THROWS_AS(membership("a/b", candidacy("v")).check(), bad_configuration);
  CHECK_THROWS_AS(membership("a", candidacy("")).check(), bad_configuration);
}

}  // namespace
