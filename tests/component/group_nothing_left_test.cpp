// What a member that leaves deletes: its key, and the notices of what was handed to it.
#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

class pair : public group_fixture {
 public:
  pair() : group_fixture(20) {
    join("a");
    join("b");
    settle();
  }
  group_process& a() { return *members[0]; }
};

}  // namespace

TEST_CASE("nothing of a member is left if Consul fails while its key is deleted") {
  pair b;
  const std::string session = b.a().session();
  const std::string notices = "jobs/handed/" + session + "/";
  REQUIRE_FALSE(b.key(notices).empty());
  bool deleted = false;
  b.a().p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (deleted) return fate(mishap::reset_before);
    deleted = has(r.body, "\"delete\"") && has(r.body, "jobs/members/" + session);
    return fate();
  };
  SECTION("leave") { b.rt.run(b.a().g->leave()); }
  SECTION("shut-down of the elections object") { b.rt.run(b.a().p.elections->shut_down()); }
  CHECK(deleted);
  CHECK(b.key("jobs/members/" + session).empty());
  CHECK(b.key(notices).empty());
  b.a().p.transport->network = nullptr;
  b.end();
}

TEST_CASE("the notices of a member go with its key, though Consul refused its token for a while") {
  pair b;
  const std::string session = b.a().session();
  const std::string notices = "jobs/handed/" + session + "/";
  REQUIRE_FALSE(b.key(notices).empty());
  int refused = 0;
  b.a().p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool removal = has(r.body, "\"delete\"") && has(r.body, "jobs/members/" + session);
    if (!removal || refused == 2) return fate();
    ++refused;
    return fate(mishap::forbidden);
  };
  b.rt.run(b.a().g->leave());
  CHECK(refused == 2);
  CHECK(b.key("jobs/members/" + session).empty());
  CHECK(b.key(notices).empty());
  b.a().p.transport->network = nullptr;
  b.end();
}

TEST_CASE("the notices of a member whose key others have deleted go when it leaves") {
  pair b;
  const std::string session = b.a().session();
  const std::string notices = "jobs/handed/" + session + "/";
  b.a().p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return has(r.body, "\"lock\"") ? fate(mishap::forbidden) : fate();  // it writes no new one
  };
  b.remove("jobs/members/" + session);
  b.rt.advance(1s);
  REQUIRE_FALSE(b.key(notices).empty());
  SECTION("leave") { b.rt.run(b.a().g->leave()); }
  SECTION("shut-down of the elections object") { b.rt.run(b.a().p.elections->shut_down()); }
  CHECK(b.key(notices).empty());
  b.a().p.transport->network = nullptr;
  b.end();
  b.rt.advance(30s);  // who resigns waits for its release this long
}
