// The turns on shared connections: who gets one next, and how long a turn lasts.
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <vector>

#include "election/turn_queue.hpp"
#include "election/watching/poll_slots.hpp"

namespace {

using namespace tenure;
using namespace tenure::impl;
using namespace std::chrono_literals;

class asker final : public turn_client {
 public:
  int called = 0;

 private:
  void on_turn() override { ++called; }
};

TEST_CASE("clients take turns in the order of asking, one request a turn") {
  turn_queue turns(2);
  asker busy, other;
  CHECK(turns.take(busy));
  CHECK(turns.take(busy));
  CHECK_FALSE(turns.take(busy));
  CHECK_FALSE(turns.take(other));
  turns.give_back();
  CHECK(busy.called == 1);
  CHECK(turns.take(busy));
  CHECK_FALSE(turns.take(busy));  // behind the other now
  turns.give_back();
  CHECK(other.called == 1);
  CHECK(busy.called == 1);
  CHECK(turns.take(other));
  turns.give_back();
  CHECK(busy.called == 2);
  turns.leave(busy);
  turns.give_back();
  CHECK(turns.free() == 2);
}

TEST_CASE("a client that leaves passes on the turn that was reserved for it") {
  turn_queue turns(1);
  asker first, second, third;
  CHECK(turns.take(first));
  CHECK_FALSE(turns.take(second));
  CHECK_FALSE(turns.take(third));
  turns.give_back();
  CHECK(second.called == 1);
  turns.leave(second);
  CHECK(third.called == 1);
  turns.leave(third);
  CHECK(turns.free() == 1);
}

class poller final : public poll_client {
 public:
  bool low = false;

 private:
  void on_slot() noexcept override {}
  bool low_priority() const noexcept override { return low; }
};

TEST_CASE("a turn is as long as polls may be, and shorter the more clients wait") {
  poll_slots slots(66);
  std::vector<std::unique_ptr<poller>> all;
  const auto add = [&](std::size_t number) {
    while (all.size() < number) slots.enqueue(*all.emplace_back(std::make_unique<poller>()));
  };
  add(66);
  CHECK_FALSE(slots.contended());
  CHECK(slots.turn(30s) == 30s);
  add(67);
  CHECK(slots.contended());
  CHECK(slots.turn(30s) == 30s);
  CHECK(slots.patience() == 1s);
  add(100);  // 34 wait 3.4 s each for a turn
  CHECK(slots.turn(30s) == 6600ms);
  CHECK(slots.patience() == 4600ms);
  add(1000);
  CHECK(slots.turn(30s) == 1s);
  CHECK(slots.patience() == 5500ms);
  for (const auto& one : all) slots.give_back(*one);
  CHECK(slots.free() == 66);
}

TEST_CASE("a client of low priority waits for the others, but not for ever") {
  poll_slots slots(2);
  poller low;
  low.low = true;
  poller all[3];
  slots.enqueue(all[0]);
  slots.enqueue(all[1]);
  slots.enqueue(low);
  slots.enqueue(all[2]);
  for (int turn = 0; turn < 2; ++turn) {
    poller& last = all[turn];
    slots.give_back(last);
    CHECK_FALSE(low.has_slot());
    slots.enqueue(last);
  }
  slots.give_back(all[2]);
  CHECK(low.has_slot());
}

class plan final : public poll_share {
 public:
  int changes = 0;

 private:
  void on_share_changed() override { ++changes; }
};

TEST_CASE("plans get equal shares of the connections, and what the others do not want") {
  poll_slots slots(66);  // two of them stay free
  plan one, two, three;
  CHECK(slots.for_queries() == 64);
  slots.add(one);
  slots.want(one, 300);
  CHECK(slots.for_queries() == 64);
  slots.add(two);
  slots.want(two, 4);
  CHECK(slots.for_queries() == 60);
  CHECK(one.changes == 1);
  slots.add_outsider();
  CHECK(slots.for_queries() == 59);
  slots.remove_outsider();
  slots.add(three);
  slots.want(three, 100);
  CHECK(slots.for_queries() == 30);
  slots.remove(one);
  CHECK(slots.for_queries() == 60);
  slots.want(three, 1);
  CHECK(slots.for_queries() == 4 + 59);
}

TEST_CASE("with more plans than connections each may have one query") {
  poll_slots slots(2);
  plan all[5];
  for (plan& one : all) {
    slots.add(one);
    slots.want(one, 3);
  }
  CHECK(slots.for_queries() == 1);
  for (plan& one : all) slots.remove(one);
}

}  // namespace
