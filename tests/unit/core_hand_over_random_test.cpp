// Candidates that hand a key to each other, with every fault that the network, Consul and operators
// can add: at no instant two of them lead, whatever happens in which order. The world around the
// state machines is small and shares no code with the elections.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "core/candidate/candidate.hpp"
#include "core_hand_over_store.hpp"

namespace {

using namespace tenure;
using namespace tenure::core;
using namespace std::chrono_literals;
using test::store;

constexpr std::uint32_t seeds = 200;
const candidate_rules rules(lease_rules(1s, 100ms), 1ms);

class world {
 public:
  class member {
   public:
    candidate machine{rules};
    std::string session;
    bool polling = false;
    bool proving = false;
    time_point cut_off_until{};  ///< from Consul: nothing arrives
  };

  explicit world(std::uint32_t seed) : random_(seed) {
    for (member& n : members_) new_session(n);
  }

  std::uint64_t handed_over = 0, received = 0, at_once = 0, terms = 0;

  void run() {
    for (int i = 0; i < 4000; ++i) {
      if (i == 3000) faults_ = false;
      step();
    }
    for (member& n : members_) {
      n.machine.set_claims_wait(false);
      n.machine.stand();
      find_dead(n);
      if (n.session.empty()) new_session(n);
    }
    std::size_t leading = 0;
    for (int i = 0; i < 4000 && (leading = leaders()) != 1; ++i) step(false);
    CHECK(leading == 1);
  }

 private:
  bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
  std::uint64_t upto(std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n)(random_);
  }
  member& any() { return members_[upto(members_.size() - 1)]; }
  void later(std::function<void()> f) {
    events_.emplace(now_ + std::chrono::milliseconds(1 + upto(30)), std::move(f));
  }
  /// Between a member and Consul.
  void send(member& n, std::function<void()> f) {
    const std::uint64_t most = faults_ && chance(.1) ? 1500 : 30;
    const auto arrive = [this, &n, f = std::move(f)] {
      if (n.cut_off_until > now_) {
        events_.emplace(n.cut_off_until + std::chrono::milliseconds(upto(30)), f);
      } else {
        f();
      }
    };
    events_.emplace(now_ + std::chrono::milliseconds(1 + upto(most)), arrive);
  }
  bool lost() { return faults_ && chance(.15); }

  void new_session(member& n) {
    n.session = "s" + std::to_string(++sessions_);
    consul_.alive.insert(n.session);
    n.machine.session_ready(n.session);
  }

  void step(bool wishes = true) {
    now_ += std::chrono::milliseconds(1 + upto(9));
    while (!events_.empty() && events_.begin()->first <= now_) {
      const std::function<void()> f = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      f();
      check();
    }
    for (member& n : members_) poll(n);
    if (wishes) wish(any());
    if (faults_) break_something();
    for (member& n : members_) advance(n);
    check();
  }

  void wish(member& n) {
    if (chance(.02)) n.machine.stand();
    if (chance(.004)) n.machine.withdraw();
    if (chance(.03)) n.machine.set_claims_wait(chance(.5));
    if (chance(.1)) n.machine.request_hand_over(chance(.8));
    if (n.machine.working() && chance(n.machine.lease().hand_over_requested() ? .2 : .01)) {
      stop_work(n);
    }
    if (chance(.003)) {
      n.machine.withdraw();
      n.machine.request_stop(end_reason::shut_down, now_);
    }
    if (n.session.empty() && chance(.3)) new_session(n);
  }

  void find_dead(member& n) {
    if (n.session.empty() || consul_.alive.contains(n.session)) return;
    const std::string gone = std::exchange(n.session, "");
    n.machine.session_gone(gone, now_);
  }

  void break_something() {
    member& n = any();
    if (chance(.004) && !n.session.empty()) consul_.kill(n.session, now_);
    if (chance(.05)) find_dead(n);
    if (chance(.004)) n.cut_off_until = now_ + std::chrono::milliseconds(upto(2500));
    if (!consul_.now().exists || !chance(.004)) return;
    if (chance(.4)) return consul_.release_by_hand(now_);
    if (chance(.5)) return consul_.overwrite(now_);
    // A holder that no candidate has seen leaves no trace of its lease: no rule covers that.
    for (member& other : members_) other.machine.observe(store::seen(consul_.now()), now_);
    consul_.commit({}, now_);
  }

  // A linearizable answer shows a state of some moment since its request was sent; any other may
  // show an older one.
  void poll(member& n) {
    if (n.polling || !chance(.3)) return;
    n.polling = true;
    const auto wait = std::chrono::milliseconds(1 + upto(chance(.2) ? 600 : 40));
    events_.emplace(now_ + wait, [this, &n, sent = now_] {
      const bool consistent = !faults_ || chance(.8);
      const auto& past = consul_.past;
      std::size_t first = past.size() - 1;
      while (first > 0 && past[first].since > sent) --first;
      if (!consistent) first = first > 3 ? first - 3 : 0;
      const bool newest = !faults_ || chance(.7);
      const std::size_t shown = newest ? past.size() - 1 : first + upto(past.size() - 1 - first);
      key_observation seen = store::seen(past[shown]);
      seen.linearizable = consistent;
      seen.sent_at = sent;
      send(n, [this, &n, seen] {
        n.polling = false;
        n.machine.observe(seen, now_);
        advance(n);
      });
    });
  }

  /// A request that Consul carries out and answers some time later, or not.
  template <class Answer>
  void request(member& n, std::function<Answer()> execute, std::function<void(Answer)> done,
               std::function<void()> unknown) {
    const auto fail = [this, &n, unknown] {
      send(n, [this, &n, unknown] {
        unknown();
        advance(n);
      });
    };
    if (lost()) return fail();
    send(n, [this, &n, execute, done, fail] {
      const Answer answer = execute();
      if (lost()) return fail();
      send(n, [this, &n, answer, done] {
        done(answer);
        advance(n);
      });
    });
  }

  key_observation written(time_point sent) const {
    return test::surely(store::seen(consul_.now()), sent);
  }

  void advance(member& n) {
    int rounds = 0;
    for (action a; (a = n.machine.next(now_)) != action::wait;) {
      REQUIRE(++rounds < 50);
      execute(n, a);
    }
    prove(n);
  }

  void execute(member& n, action a) {
    switch (a) {
      case action::read:
        return read(n);
      case action::identify:
        request<bool>(
            n, [this, id = n.machine.held_by().text()] { return consul_.alive.contains(id); },
            [this, &n](bool alive) { n.machine.identified(alive, now_); },
            [this, &n] { n.machine.identified(std::nullopt, now_); });
        break;
      case action::claim:
        return claim(n);
      case action::place:
        return place(n);
      case action::clear:
        return clear(n);
      case action::release:
        return release(n);
      case action::begin:
        return begin(n);
      case action::stop:
        if (chance(.1)) {
          events_.emplace(now_ + 3s, [this, &n] { stop_work(n); });
        } else {
          later([this, &n] { stop_work(n); });
        }
        break;
      case action::wait:
      case action::end:
        break;
    }
  }

  void stop_work(member& n) {
    if (n.machine.working()) n.machine.work_stopped(now_);
    advance(n);
  }

  void read(member& n) {
    const time_point sent = now_;
    request<key_observation>(
        n, [this, sent] { return written(sent); },
        [this, &n](const key_observation& seen) { n.machine.read_answered(seen, now_); },
        [this, &n] { n.machine.read_failed(now_, upto(100)); });
  }

  void claim(member& n) {
    const claim_request wanted = n.machine.next_claim();
    const time_point sent = now_;
    using answer = std::pair<std::optional<key_observation>, claim_refusal>;
    request<answer>(
        n,
        [this, wanted, sent]() -> answer {
          const std::optional<claim_refusal> refused = consul_.acquire(wanted, now_);
          if (refused) return {{}, *refused};
          return {written(sent), claim_refusal::failed};
        },
        [this, &n](const answer& a) {
          if (a.first) {
            n.machine.claim_won(*a.first, now_, upto(100));
          } else {
            n.machine.claim_refused(a.second, now_, upto(100));
          }
        },
        [this, &n] { n.machine.claim_unknown(now_, upto(100)); });
  }

  void place(member& n) {
    const time_point sent = now_;
    using answer = std::optional<key_observation>;
    request<answer>(
        n,
        [this, sent]() -> answer {
          if (!consul_.place(now_)) return std::nullopt;
          return written(sent);
        },
        [this, &n](const answer& a) {
          a ? n.machine.placed(*a, now_) : n.machine.place_refused(now_);
        },
        [this, &n] { n.machine.place_failed(now_, upto(100)); });
  }

  void clear(member& n) {
    const std::uint64_t index = n.machine.placeholder_index();
    request<bool>(
        n,
        [this, index] {
          if (index != 0 && consul_.now().modify == index) consul_.commit({}, now_);
          return true;
        },
        [this, &n](bool) { n.machine.cleared(now_); },
        [this, &n] { n.machine.clear_failed(now_); });
  }

  void release(member& n) {
    const release_request wanted = n.machine.next_release(now_);
    const member& to = any();
    const std::string heir =
        wanted.may_hand_over && &to != &n && chance(.9) ? to.session : std::string();
    const time_point sent = now_;
    using answer = std::pair<store::given_up, key_observation>;
    request<answer>(
        n,
        [this, wanted, heir, sent]() -> answer {
          const store::given_up how = consul_.give_up(wanted, heir, now_);
          return {how, written(sent)};
        },
        [this, &n](const answer& a) {
          switch (a.first) {
            case store::given_up::missed:
              return n.machine.release_missed(now_);
            case store::given_up::heir_died:
              return n.machine.release_failed(now_, 0);
            case store::given_up::released:
              return n.machine.released(a.second, now_, upto(100));
            case store::given_up::handed_over:
              ++handed_over;
              return n.machine.handed_over(a.second, now_);
          }
        },
        [this, &n] { n.machine.release_failed(now_, upto(100)); });
  }

  void prove(member& n) {
    if (n.proving || n.machine.proof_due() > now_) return;
    n.proving = true;
    n.machine.proof_begun();
    const std::uint64_t guard = n.machine.guard();
    const time_point sent = now_;
    request<bool>(
        n, [this, guard] { return consul_.now().modify == guard; },
        [this, &n, guard, sent](bool holds) {
          n.proving = false;
          n.machine.proof_ended(time_point::min());
          if (holds) {
            n.machine.proved(guard, sent, now_);
          } else {
            n.machine.proof_failed(guard, now_);
          }
        },
        [this, &n] {
          n.proving = false;
          n.machine.proof_ended(now_);
        });
  }

  void begin(member& n) {
    ++terms;
    CHECK(n.machine.fence() > fence_);
    fence_ = n.machine.fence();
    if (!n.machine.received()) return;
    ++received;
    // The session that held the key just before has no work.
    std::size_t i = consul_.past.size() - 1;
    while (consul_.past[i].modify != n.machine.fence()) --i;
    const std::string& before = consul_.past[i - 1].session;
    for (const member& other : members_) {
      if (other.session == before) CHECK_FALSE(other.machine.working());
    }
    at_once += n.machine.proven_at() < consul_.past[i].since ? 1 : 0;
  }

  static bool leads(const member& n, time_point now) {
    return n.machine.working() && now < n.machine.lease().lease_end();
  }
  std::size_t leaders() const {
    std::size_t count = 0;
    for (const member& n : members_) count += leads(n, now_) ? 1 : 0;
    return count;
  }
  void check() const { REQUIRE(leaders() <= 1); }

  std::mt19937 random_;
  time_point now_ = test::at(0);
  bool faults_ = true;
  store consul_;
  std::uint64_t sessions_ = 0;
  std::uint64_t fence_ = 0;
  std::array<member, 3> members_;
  std::multimap<time_point, std::function<void()>> events_;
};

}  // namespace

TEST_CASE("whatever happens to hand-overs, no two candidates lead at the same time") {
  std::uint64_t handed_over = 0;
  std::uint64_t received = 0;
  std::uint64_t at_once = 0;
  std::uint64_t terms = 0;
  for (std::uint32_t seed = 1; seed <= seeds; ++seed) {
    CAPTURE(seed);
    world w(seed);
    w.run();
    handed_over += w.handed_over;
    received += w.received;
    at_once += w.at_once;
    terms += w.terms;
  }
  CAPTURE(handed_over, received, at_once, terms);
  // Each path was taken often.
  CHECK(received > seeds);
  CHECK(at_once > seeds / 2);
  CHECK(received - at_once > seeds / 10);
  CHECK(terms > 2 * received);
}
