// Turns and slots are counted: one that is given back twice would be handed out twice.
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <string>

#include "election/turn_queue.hpp"
#include "election/watching/poll_slots.hpp"
#include "in_child.hpp"

using namespace tenure::impl;
using tenure::test::ended;
using tenure::test::in_child;

namespace {

class client final : public turn_client {
 public:
  int turns = 0;

 private:
  void on_turn() override { ++turns; }
};

class query final : public poll_client {
 private:
  void on_slot() noexcept override {}
};

}  // namespace

TEST_CASE("turns: one that nobody took aborts when it is given back") {
  turn_queue turns(2);
  client first;
  REQUIRE(turns.take(first));
  turns.give_back();
  CHECK(turns.free() == 2);
  const ended how = in_child([&] { turns.give_back(); });
  CHECK(how.signal == SIGABRT);
  CHECK(how.text.find("a turn is given back by who took it: 2 of 2 turns free, 0 clients wait") !=
        std::string::npos);
}

TEST_CASE("turns: a client that leaves passes on what was reserved for it") {
  turn_queue turns(1);
  client first, second, third;
  REQUIRE(turns.take(first));
  CHECK_FALSE(turns.take(second));
  CHECK_FALSE(turns.take(third));
  CHECK(turns.others_wait(second));
  turns.give_back();
  CHECK(second.turns == 1);
  CHECK(third.turns == 0);
  turns.leave(second);
  CHECK(third.turns == 1);
  REQUIRE(turns.take(third));
  CHECK(turns.free() == 0);
  turns.give_back();
  CHECK(turns.free() == 1);
}

TEST_CASE("poll slots: what has no slot may give it back, and frees none") {
  poll_slots slots(1);
  query first, second;
  slots.enqueue(first);
  slots.enqueue(second);
  CHECK(first.has_slot());
  CHECK(second.waits_for_slot());
  slots.give_back(second);
  slots.give_back(second);
  CHECK(slots.free() == 0);
  CHECK_FALSE(slots.contended());
  slots.give_back(first);
  slots.give_back(first);
  CHECK(slots.free() == 1);
}
