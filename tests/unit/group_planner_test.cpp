// The members that a planner counts.
#include "election/group/group_planner.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

namespace {

using namespace tenure;
using namespace std::chrono_literals;

constexpr const char* self = "11111111-1111-1111-1111-111111111111";
constexpr const char* other = "22222222-2222-2222-2222-222222222222";

impl::seen_member member(const char* session, std::uint64_t modify_index) {
  impl::seen_member one;
  one.session = core::session_id(session);
  one.document.name = session;
  one.document.weight = 100;
  one.modify_index = modify_index;
  return one;
}

/// The other member's key as an answer shows it.
impl::group_view seen(std::uint64_t modify_index, time_point asked_at) {
  impl::group_view view;
  view.members = {member(self, 3), member(other, modify_index)};
  view.asked_at = asked_at;
  return view;
}

}  // namespace

TEST_CASE("a member that Consul refused counts again once an answer may show that it is one") {
  const time_point start{100s};
  impl::group_planner planner;
  planner.set_view(seen(7, start));
  planner.set_self(core::session_id(self));
  REQUIRE(planner.statuses().size() == 2);
  const impl::recipient refused = planner.recipient_at(1);
  planner.set_gone(refused, start + 10s);
  REQUIRE(planner.statuses().size() == 1);
  SECTION("not by an answer that was asked for before") {
    CHECK_FALSE(planner.note_answer(seen(7, start + 9s)));
    CHECK(planner.statuses().size() == 1);
  }
  SECTION("its key was written since") {
    CHECK(planner.note_answer(seen(9, start + 9s)));
    CHECK(planner.statuses().size() == 2);
  }
  SECTION("its key is as before: released, and then restored with all indexes") {
    CHECK(planner.note_answer(seen(7, start + 11s)));
    CHECK(planner.statuses().size() == 2);
  }
  SECTION("an answer came between the choice and the refusal") {
    planner.set_view(seen(9, start + 11s));
    REQUIRE(planner.note_answer(seen(9, start + 11s)));
    planner.set_gone(refused, start + 12s);
    CHECK(planner.statuses().size() == 2);
  }
}
