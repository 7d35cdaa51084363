// A poll waits for the claims of this process below its prefix: each would wake it, and its answer
// would carry all keys.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "election_adversity.hpp"

namespace {

using namespace tenure;
using namespace tenure::test;

class candidates : public election_fixture {
 public:
  process& p = add();
  std::vector<election> entered;

  /// `create` is what becomes of each request for a session.
  void stand(const fate& create) {
    p.transport->network = [create](runtime::lane, const runtime::http_request& r) {
      return has(r.target, "/v1/session/create") ? create : fate();
    };
    for (int i = 0; i < 100; ++i) {
      entered.push_back(p.elections->enter("k/" + std::to_string(i), quick()));
      entered.back().stand();
    }
  }
  std::size_t polls() const { return p.transport->started(runtime::lane::polls); }
  bool leads_all() const {
    return std::ranges::all_of(
        entered, [](const election& e) { return e.standing() == standing::leading; });
  }
};

}  // namespace

TEST_CASE("a poll waits for claims that need only the session that is being created") {
  candidates b;
  b.stand(fate(0s, 100ms));
  b.rt.advance(99ms);
  CHECK(b.polls() == 0);
  b.rt.advance(1ms);
  CHECK(b.polls() == 2);  // the first shows what the claims have changed
  CHECK(b.leads_all());
  b.shut_down();
}

TEST_CASE("a poll waits a second for such claims at the most") {
  candidates b;
  b.stand(fate(0s, 2s));
  b.rt.advance(999ms);
  CHECK(b.polls() == 0);
  b.rt.advance(1ms);
  CHECK(b.polls() == 1);
  b.rt.advance(2s);
  CHECK(b.leads_all());
  b.shut_down();
}

TEST_CASE("a poll does not wait for claims whose session was refused") {
  candidates b;
  b.stand(fate(mishap::forbidden));
  b.rt.advance(10ms);
  CHECK(b.polls() == 1);
  b.shut_down();
}
