// Slots of a semaphore: which are taken, and from when on one may be taken.
#include <catch2/catch_test_macros.hpp>

#include "core/semaphore/slots.hpp"

using namespace tenure;
using namespace tenure::core;
using namespace std::chrono_literals;

namespace {

const time_point start{1000s};

semaphore_state seen(std::set<std::string> holders, std::set<std::string> contenders,
                  std::uint64_t limit = 2) {
  semaphore_state s;
  s.limit = limit;
  s.holders = std::move(holders);
  s.contenders = std::move(contenders);
  s.lock_modified = 7;
  return s;
}

/// No `.lock`.
semaphore_state lock_gone(std::set<std::string> contenders) {
  semaphore_state s;
  s.contenders = std::move(contenders);
  return s;
}

}  // namespace

TEST_CASE("slots: living holders occupy theirs; our own does not count") {
  slots s(2, 10s);
  s.observe(seen({}, {"me"}), start);
  CHECK(s.free("me", start));
  s.observe(seen({"a"}, {"a", "me"}), start);
  CHECK(s.occupied("me", start) == 1);
  CHECK(s.holders_with("me", start) == std::set<std::string>{"a", "me"});
  s.observe(seen({"a", "b"}, {"a", "b", "me"}), start);
  CHECK_FALSE(s.free("me", start));
  CHECK(s.next_free("me", start) == time_point::max());
  s.observe(seen({"a", "me"}, {"a", "me"}), start);
  CHECK(s.free("me", start));
}

TEST_CASE("slots: a dead holder keeps its slot for a span from when it was seen dead") {
  slots s(1, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  s.observe(seen({"a"}, {"me"}, 1), start + 5s);
  CHECK_FALSE(s.free("me", start + 5s));
  CHECK(s.next_free("me", start + 5s) == start + 15s);
  s.observe(seen({"a"}, {"me", "c"}, 1), start + 9s);  // seen again: no later
  CHECK(s.next_free("me", start + 9s) == start + 15s);
  CHECK_FALSE(s.free("me", start + 15s - 1ns));
  CHECK(s.free("me", start + 15s));
  CHECK(s.holders_with("me", start + 15s) == std::set<std::string>{"me"});
  SECTION("when first seen, too") {
    slots late(1, 10s);
    late.observe(seen({"a"}, {"me"}, 1), start);
    CHECK_FALSE(late.free("me", start + 9s));
    CHECK(late.free("me", start + 10s));
  }
  SECTION("the larger span counts") {
    s.holders_span("a", 30s);
    CHECK(s.next_free("me", start + 15s) == start + 35s);
    s.holders_span("a", 1s);
    CHECK(s.free("me", start + 15s));
  }
  SECTION("also if another contender prunes it, who may not have waited") {
    s.observe(seen({"c"}, {"me", "c"}, 1), start + 10s);
    CHECK(s.occupied("me", start + 10s) == 2);
    s.observe(seen({}, {"me"}, 1), start + 11s);
    CHECK(s.next_free("me", start + 11s) == start + 15s);
    CHECK(s.free("me", start + 15s));
  }
}

TEST_CASE("slots: a release frees the slot at once") {
  slots s(1, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  SECTION("in one step") {
    s.observe(seen({}, {"me"}, 1), start + 1s);
    CHECK(s.free("me", start + 1s));
  }
  SECTION("in two, as consul/api does") {
    s.observe(seen({}, {"a", "me"}, 1), start + 1s);
    CHECK_FALSE(s.free("me", start + 1s));
    s.observe(seen({}, {"me"}, 1), start + 2s);
    CHECK(s.free("me", start + 2s));
  }
}

TEST_CASE("slots: a name that vanished without its holder counts for a span") {
  slots s(1, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  s.observe(seen({}, {"a", "me"}, 0), start + 1s);  // .lock was deleted
  CHECK_FALSE(s.free("me", start + 1s));
  CHECK(s.next_free("me", start + 1s) == start + 11s);
  s.observe(seen({"c"}, {"a", "c", "me"}, 1), start + 3s);  // a new one was created
  CHECK(s.occupied("me", start + 3s) == 2);
  CHECK(s.occupied("me", start + 11s) == 1);
}

TEST_CASE("slots: another limit counts while a living holder relies on it") {
  slots s(3, 10s);
  s.observe(seen({}, {"me"}, 2), start);
  CHECK_FALSE(s.limit_conflict());
  s.observe(seen({"a"}, {"a"}, 2), start);
  CHECK(s.limit_conflict());
  s.observe(seen({"a"}, {}, 2), start);
  CHECK_FALSE(s.limit_conflict());  // dead
  s.observe(seen({"a"}, {"a"}, 3), start);
  CHECK_FALSE(s.limit_conflict());
  s.observe(seen({}, {}, 0), start);
  CHECK_FALSE(s.limit_conflict());
}

TEST_CASE("slots: after a deletion of .lock each contender may be a holder that was not seen") {
  slots s(1, 10s);
  semaphore_state first = seen({}, {"a", "me"}, 1);
  first.lock_created = 3;
  s.observe(first, start);
  CHECK(s.free("me", start));
  // Unseen: "a" took the slot, then .lock was deleted.
  semaphore_state missing = seen({}, {"a", "me"}, 0);
  missing.lock_modified = 0;
  s.observe(missing, start + 1s);
  CHECK_FALSE(s.free("me", start + 1s));
  CHECK(s.next_free("me", start + 1s) == start + 11s);
  CHECK(s.free("me", start + 11s));
  // Once more, with a new .lock that names another holder.
  semaphore_state again = seen({"c"}, {"a", "c", "me"}, 1);
  again.lock_created = 9;
  s.observe(again, start + 12s);
  CHECK(s.occupied("me", start + 12s) == 1);
  again.lock_created = 20;
  s.observe(again, start + 13s);
  CHECK(s.occupied("me", start + 13s) == 2);
  CHECK(s.occupied("me", start + 23s) == 1);
}

TEST_CASE("slots: a name counts that was seen in a list without all contender keys") {
  slots s(1, 10s);
  semaphore_state none = seen({}, {"me"}, 1);
  none.lock_modified = 0;
  s.observe(none, start);
  semaphore_state named = seen({"a"}, {}, 1);
  named.lock_created = 7;
  s.observe_lock(named, start + 1s);
  CHECK(s.occupied("me", start + 1s) == 1);
  CHECK(s.next_free("me", start + 1s) == time_point::max());
  SECTION("`.lock` is deleted: its holder's lease may run") {
    s.observe(none, start + 5s);
    CHECK(s.next_free("me", start + 5s) == start + 15s);
  }
  SECTION("the whole list shows that the holder is dead") {
    semaphore_state whole = seen({"a"}, {"me"}, 1);
    whole.lock_created = 7;
    s.observe(whole, start + 5s);
    CHECK(s.next_free("me", start + 5s) == start + 15s);
  }
}

TEST_CASE("slots: an old suspicion says nothing about a slot that was taken unseen since") {
  slots s(1, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  s.observe(seen({}, {"a", "me"}, 1), start + 1s);  // its name is gone: suspect
  CHECK(s.free("me", start + 11s));
  // Unseen: "a" took a slot again. Seen: it died.
  s.observe(seen({"a"}, {"me"}, 1), start + 20s);
  CHECK_FALSE(s.free("me", start + 20s));
  CHECK(s.next_free("me", start + 20s) == start + 30s);
  s.observe(seen({"a"}, {"me", "c"}, 1), start + 25s);
  CHECK(s.next_free("me", start + 25s) == start + 30s);
}

TEST_CASE("slots: where all data is gone, the holders that were seen count for a span") {
  slots s(1, 10s);
  semaphore_state first = seen({"a"}, {"a", "me"}, 1);
  first.lock_created = 3;
  s.observe(first, start);
  // The server has lost .lock and the key of its holder, whose lease may run.
  semaphore_state missing = seen({}, {"me"}, 0);
  missing.lock_modified = 0;
  s.observe(missing, start + 1s);
  CHECK_FALSE(s.free("me", start + 1s));
  s.observe(missing, start + 5s);
  CHECK(s.next_free("me", start + 5s) == start + 11s);
  SECTION("unless it gets a slot again") {
    semaphore_state again = seen({"a"}, {"a", "me"}, 1);
    again.lock_modified = 2;
    again.lock_created = 1;
    s.observe(again, start + 6s);
    CHECK(s.next_free("me", start + 6s) == time_point::max());
  }
  SECTION("and no longer") {
    CHECK(s.free("me", start + 11s));
    s.observe(missing, start + 12s);
    CHECK(s.occupied("me", start + 12s) == 0);
  }
  SECTION("one that was dead before counts from its death") {
    slots late(1, 10s);
    semaphore_state dead = seen({"a"}, {"me"}, 1);
    dead.lock_created = 3;
    late.observe(first, start);
    late.observe(dead, start + 1s);
    late.observe(missing, start + 4s);
    CHECK(late.next_free("me", start + 4s) == start + 11s);
  }
}

TEST_CASE("slots: a restored snapshot does not free the slot of a holder that is newer than it") {
  slots s(1, 10s);
  semaphore_state first = seen({"a"}, {"a", "me"}, 1);
  first.lock_created = 3;
  first.lock_modified = 30;
  s.observe(first, start);
  // `.lock` is the same key at an older index. The session of "a" and its key are gone.
  semaphore_state restored = seen({}, {"me"}, 1);
  restored.lock_created = 3;
  restored.lock_modified = 20;
  s.observe(restored, start + 1s);
  CHECK_FALSE(s.free("me", start + 1s));
  CHECK(s.next_free("me", start + 1s) == start + 11s);
  SECTION("however often it is seen, and no longer than a span") {
    s.observe(restored, start + 5s);
    CHECK(s.next_free("me", start + 5s) == start + 11s);
    CHECK(s.free("me", start + 11s));
  }
  SECTION("also if its contender key is older than the snapshot") {
    restored.contenders.insert("a");
    s.observe(restored, start + 2s);
    restored.contenders.erase("a");
    s.observe(restored, start + 3s);
    CHECK(s.next_free("me", start + 3s) == start + 11s);
  }
  SECTION("an answer that may be older is ignored: the time counts from one that is not") {
    first.index = 31;
    s.observe(first, start + 1s);
    semaphore_state late = seen({}, {"me"}, 1);
    late.lock_modified = 29;
    late.index = 30;
    CHECK_FALSE(s.observe(late, start + 2s));
    late.linearizable = true;
    late.sent_at = start + 1s;
    CHECK_FALSE(s.observe(late, start + 2s));
    CHECK(s.next_free("me", start + 2s) == time_point::max());
    late.sent_at = start + 2s;
    CHECK(s.observe(late, start + 3s));
    CHECK(s.next_free("me", start + 3s) == start + 13s);
  }
}

TEST_CASE("slots: a holder in an older answer counts if its name went with .lock") {
  slots s(1, 10s);
  semaphore_state last = seen({}, {"me"}, 1);
  last.lock_modified = 0;
  last.index = 40;
  s.observe(last, start);
  semaphore_state older = seen({"a"}, {"a", "me"}, 1);
  older.lock_created = older.lock_modified = 30;
  older.index = 39;
  CHECK_FALSE(s.observe(older, start + 1s));
  CHECK_FALSE(s.free("me", start + 1s));
  CHECK(s.next_free("me", start + 1s) == start + 10s);
}

TEST_CASE("slots: the greatest index of .lock stays known, whatever is seen later") {
  slots s(1, 10s);
  CHECK(s.highest() == 0);
  semaphore_state one = seen({"a"}, {"a"}, 1);
  one.lock_modified = 30;
  s.observe(one, start);
  one.lock_modified = 4;
  one.lock_created = 2;
  s.observe(one, start + 1s);
  CHECK(s.highest() == 30);
}

TEST_CASE("slots: the span of a session counts while it holds a slot, or is taken for a holder") {
  slots s(1, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  SECTION("that of another session does not count") {
    s.holders_span("b", 30s);
    s.observe(seen({"b"}, {"b", "me"}, 1), start + 1s);
    s.observe(seen({"b"}, {"me"}, 1), start + 2s);
    CHECK(s.next_free("me", start + 2s) == start + 12s);
  }
  SECTION("after a release it is forgotten") {
    s.holders_span("a", 30s);
    s.observe(seen({}, {"me"}, 1), start + 1s);
    s.observe(seen({"a"}, {"a", "me"}, 1), start + 2s);
    s.observe(seen({"a"}, {"me"}, 1), start + 3s);
    CHECK(s.next_free("me", start + 3s) == start + 13s);
  }
}

TEST_CASE("slots: none is free beside a holder that relies on another number") {
  slots s(3, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  CHECK(s.limit_conflict());
  CHECK_FALSE(s.free("me", start));
  SECTION("also when it is dead, until its lease is over") {
    s.observe(seen({"a"}, {"me"}, 1), start + 1s);
    CHECK_FALSE(s.limit_conflict());
    CHECK_FALSE(s.free("me", start + 1s));
    CHECK(s.next_free("me", start + 1s) == start + 11s);
    CHECK(s.free("me", start + 11s));
  }
  SECTION("also when .lock is gone") {
    s.observe(lock_gone({"a", "me"}), start + 1s);
    CHECK_FALSE(s.free("me", start + 1s));
    CHECK_FALSE(s.free("me", start + 11s - 1ns));
    CHECK(s.free("me", start + 11s));
  }
  SECTION("also when another contender has written its own number beside the dead name") {
    s.observe(seen({"a"}, {"b", "me"}, 1), start + 1s);
    s.observe(seen({"a", "b"}, {"b", "me"}, 3), start + 2s);
    CHECK_FALSE(s.free("me", start + 2s));
    CHECK(s.free("me", start + 11s));
  }
  SECTION("in an older answer, too") {
    slots late(3, 10s);
    semaphore_state newest = lock_gone({"me"});
    newest.index = 20;
    late.observe(newest, start);
    semaphore_state older = seen({"a"}, {"a", "me"}, 1);
    older.index = 10;
    older.lock_created = 5;
    CHECK_FALSE(late.observe(older, start + 1s));
    CHECK_FALSE(late.free("me", start + 1s));
    CHECK(late.free("me", start + 10s));
  }
}

TEST_CASE("slots: a candidate of the process that comes later knows what the others have seen") {
  slots first(1, 10s);
  first.observe(seen({"a"}, {"a", "me"}, 1), start);
  slots later(1, 10s);
  later.learn(first);
  later.observe(lock_gone({"a", "me"}), start + 1s);
  CHECK_FALSE(later.free("me", start + 1s));
  CHECK(later.free("me", start + 11s));
}

TEST_CASE("slots: a dead holder's time begins anew if .lock was made again with its name") {
  slots s(1, 10s);
  semaphore_state before = seen({"a"}, {"me"}, 1);
  before.lock_created = 5;
  s.observe(before, start);
  semaphore_state again = before;
  again.lock_created = again.lock_modified = 9;
  s.observe(again, start + 8s);
  CHECK_FALSE(s.free("me", start + 10s));
  CHECK(s.free("me", start + 18s));
}

TEST_CASE("slots: the span of a holder whose name is gone counts as well") {
  slots s(1, 10s);
  s.observe(seen({"a"}, {"a", "me"}, 1), start);
  s.observe(lock_gone({"a", "me"}), start + 1s);
  s.holders_span("a", 30s);
  CHECK_FALSE(s.free("me", start + 11s));
  CHECK(s.free("me", start + 31s));
}
