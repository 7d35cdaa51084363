// Groups through random events; then all is calm, and the group has to end in balance.
#include <random>

#include "group_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

class random_group : public group_fixture {
 public:
  explicit random_group(unsigned seed) : group_fixture(24), random_(seed) {}

  void run() {
    for (int i = 0; i < 3; ++i) come();
    const int events = pick(5, 20);
    for (int i = 0; i < events; ++i) {
      rt.advance(std::chrono::milliseconds(pick(1, 4000)));
      step();
    }
    for (const std::string& name : drained_) remove("jobs/members/.drained/" + name);
    for (const std::string& key : pinned_) remove("jobs/members/.pinned/" + key);
    for (group_process* m : living_) m->how = manners::obeys;
    if (living_.empty()) come();
    rt.advance(6min);  // what was declined is asked for again
    ledger.reset();
    check_balance();
    rt.advance(2min);
    CHECK(ledger.total() == 0);
  }

 private:
  int pick(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }
  bool chance(int percent) { return pick(1, 100) <= percent; }

  void come() {
    membership how = named("m" + std::to_string(++names_));
    how.settling_time(chance(50) ? 0s : 2s).hand_over_limit(3s);
    living_.push_back(&join(how));
    if (chance(20)) living_.back()->how = manners::ignores;
  }
  group_process& any() { return *living_[static_cast<std::size_t>(pick(0, size() - 1))]; }
  int size() const { return static_cast<int>(living_.size()); }
  void gone(group_process& m) { std::erase(living_, &m); }

  void step() {
    if (living_.empty() || (chance(20) && size() < 6)) return come();
    group_process& m = any();
    switch (pick(1, 8)) {
      case 1:
        m.kill();
        return gone(m);
      case 2:
        leaving_.push_back(std::make_unique<running<bool>>(rt, truly(m.g->leave())));
        return gone(m);
      case 3:
        leaving_.push_back(
            std::make_unique<running<bool>>(rt, truly(m.p.elections->shut_down())));
        return gone(m);
      case 4:
        put("jobs/members/.drained/" + m.name, "");
        return drained_.push_back(m.name);
      case 5: {
        const std::string& key = keys[static_cast<std::size_t>(pick(0, 23))];
        put("jobs/members/.pinned/" + key, m.name);
        return pinned_.push_back(key);
      }
      case 6:
        return m.g->set_weight(static_cast<std::uint32_t>(pick(1, 3) * 50));
      case 7: {
        const std::string session = m.session();
        if (!session.empty()) ask("PUT", "/v1/session/destroy/" + session);
        return;
      }
      default:
        ask("PUT", "/v1/kv/" + keys[static_cast<std::size_t>(pick(0, 23))] + "?release=" +
                       m.session(), "x");
    }
  }

  void check_balance() {
    CHECK(led() == keys.size());
    for (group_process* m : living_) {
      const group_member_status status = m->status(m->name);
      CAPTURE(m->name, status.leads, status.share, status.settled);
      CHECK(m->leads() == status.share);
      CHECK(m->g->members().size() == living_.size());
    }
  }

  std::mt19937 random_;
  int names_ = 0;
  std::vector<group_process*> living_;
  std::vector<std::string> drained_;
  std::vector<std::string> pinned_;
  std::vector<std::unique_ptr<running<bool>>> leaving_;
};

}  // namespace

// A sanitizer makes each ten times as long.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TENURE_FEW_SEEDS
#endif
#endif
#ifdef TENURE_FEW_SEEDS
constexpr unsigned seeds = 12;
#else
constexpr unsigned seeds = 40;
#endif

TEST_CASE("a group ends in balance whatever happened to it") {
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    random_group b(seed);
    b.run();
    b.end();
  }
}
