// One session, many terms. A session may lose a key and win it again, and a request of its earlier
// term may arrive late. A check of the session does not protect the new term; a check of the index
// of the holder's last write does.
#include <catch2/catch_test_macros.hpp>

#include "contract.hpp"

namespace tenure::test {
namespace {

/// One session wins, loses and wins the key again; returns the last index of the first term.
std::uint64_t two_spells(const std::string& key, const std::string& session) {
  acquire(key, session, "first spell");
  const std::uint64_t first = show(key).modify_index;
  release(key, session, "between");
  acquire(key, session, "second spell");
  return first;
}

}  // namespace

TEST_CASE("A late unlock ends the new term, but not with check-index") {
  const std::string a = make_session();
  const std::uint64_t first = two_spells("replay/unlock", a);
  CHECK(txn({op_index("check-index", "replay/unlock", first),
             op_session("unlock", "replay/unlock", a)})
            .status == 409);
  CHECK(show("replay/unlock").session == a);
  CHECK(txn({op_session("check-session", "replay/unlock", a),
             op_session("unlock", "replay/unlock", a)})
            .status == 200);
  CHECK(show("replay/unlock").session.empty());
}

TEST_CASE("A late proclaim acquires a free key, but not with check-index") {
  const std::string a = make_session();
  CHECK(acquire("replay/proclaim", a, "v"));
  const std::uint64_t held = show("replay/proclaim").modify_index;
  CHECK(release("replay/proclaim", a));
  CHECK(txn({op_index("check-index", "replay/proclaim", held),
             op_session("lock", "replay/proclaim", a, "late")})
            .status == 409);
  CHECK(show("replay/proclaim").session.empty());
  CHECK(txn({op_session("lock", "replay/proclaim", a, "late")}).status == 200);
  CHECK(show("replay/proclaim").session == a);
}

TEST_CASE("A late write of the leader passes check-session, but not check-index") {
  const std::string a = make_session();
  const std::uint64_t first = two_spells("replay/write", a);
  CHECK(txn({op_session("check-session", "replay/write", a),
             op_index("check-index", "replay/write", first),
             op_value("set", "replay/data", "late")})
            .status == 409);
  CHECK_FALSE(show("replay/data").exists);
  CHECK(txn({op_session("check-session", "replay/write", a),
             op_value("set", "replay/data", "late")})
            .status == 200);
  CHECK(show("replay/data").value == "late");
  // A write of the new term passes both.
  CHECK(txn({op_session("check-session", "replay/write", a),
             op_index("check-index", "replay/write", show("replay/write").modify_index),
             op_value("set", "replay/data", "in time")})
            .status == 200);
}

TEST_CASE("A claim with check-index fails after an unseen holder") {
  const std::string a = make_session();
  const std::string b = make_session();
  put("replay/claim");
  const std::uint64_t free = show("replay/claim").modify_index;
  CHECK(acquire("replay/claim", b, "v"));
  CHECK(release("replay/claim", b));
  CHECK(txn({op_index("check-index", "replay/claim", free),
             op_session("lock", "replay/claim", a, "v")})
            .status == 409);
  CHECK(show("replay/claim").session.empty());
  // A missing key is claimed with check-not-exists.
  CHECK(txn({op("check-not-exists", "replay/made"), op_session("lock", "replay/made", a, "v")})
            .status == 200);
  CHECK(txn({op("check-not-exists", "replay/made"), op_session("lock", "replay/made", a, "v")})
            .status == 409);
}

}  // namespace tenure::test
