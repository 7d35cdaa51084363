// A replica of the chaos run with many elections: leads what it can, writes registers under its
// fence, holds slots of a semaphore, and writes down its leases for the checks.
//
//   chaos_replica NAME FILE ELECTIONS REGISTERS CONTENDERS SLOTS SPAN_MS LIFE_S
//
// The lines of FILE begin with nanoseconds of CLOCK_BOOTTIME:
//   NS begin KEY FENCE UNTIL ENTERED NAME  a term's work begins; its lease lasts until UNTIL at
//                                         least; its candidate entered the election at ENTERED
//   NS lease KEY FENCE UNTIL         the lease grew
//   NS end KEY FENCE                 the work has ended
//   NS invoke REGISTER FENCE VALUE   a write under the fence is sent
//   NS write REGISTER VALUE RESULT   and its outcome: ok, refused (nothing happened) or unknown
//   NS read REGISTER BEGAN VALUE     a linearizable read that was sent at BEGAN; "-" without value
//
// For the self-test TENURE_CHAOS_MISTAKES names what it does wrong: works_on (after the end of a
// term), fence_reused, late_write (not guarded, after the term), session_left (at the end), grows
// (its memory).
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <tenure.hpp>
#include <tenure/spdlog_sink.hpp>
#include <utility>

#include "journal.hpp"

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::system_error;

/// Less is the drift of a clock that runs at another rate, and no proof.
constexpr std::int64_t least_growth = 50'000'000;

struct settings {
  std::string name;
  std::size_t elections = 0;
  std::size_t registers = 0;
  std::size_t contenders = 0;
  std::size_t slots = 0;
  tenure::duration span{};
  std::chrono::seconds life{};
};

bool makes(const char* mistake) {
  const char* all = std::getenv("TENURE_CHAOS_MISTAKES");
  return all != nullptr && std::strstr(all, mistake) != nullptr;
}

long long ns(std::int64_t value) { return static_cast<long long>(value); }

class replica {
 public:
  replica(asio::io_context& io, const settings& s, chaos::journal& lines)
      : io_(io),
        settings_(s),
        lines_(lines),
        chance_(std::random_device{}()),
        elections_(io.get_executor(), tenure::consul_config::from_environment(), options()) {}

  void start() {
    for (std::size_t i = 0; i < settings_.elections; ++i) {
      asio::co_spawn(io_, serve("chaos/e/" + std::to_string(i), i), asio::detached);
    }
    for (std::size_t i = 0; i < settings_.contenders; ++i) {
      asio::co_spawn(io_, contend(), asio::detached);
    }
    for (std::size_t i = 0; i < settings_.registers; ++i) {
      asio::co_spawn(io_, read("chaos/r/" + std::to_string(i)), asio::detached);
    }
    asio::co_spawn(io_, sample(), asio::detached);
  }

  void stop() {
    if (makes("session_left")) ::_exit(0);
    stopping_ = true;
    asio::co_spawn(io_, elections_.shut_down(), asio::detached);
  }

 private:
  /// The work of a term.
  class work {
   public:
    work(replica& of, std::string reg, std::int64_t entered)
        : of_(&of), register_(std::move(reg)), entered_(entered) {}
    asio::awaitable<void> operator()(tenure::term held) const {
      return of_->run(std::move(held), register_, entered_);
    }

   private:
    replica* of_;
    std::string register_;
    std::int64_t entered_;
  };

  static tenure::elections_options options() {
    tenure::elections_options made;
    made.name("chaos-replica").log(tenure::stderr_log(tenure::log_level::info));
    return made;
  }

  tenure::candidacy candidacy() const {
    return tenure::candidacy(settings_.name).span(settings_.span).ttl(10s);
  }

  std::chrono::milliseconds between(int least, int most) {
    return std::chrono::milliseconds(std::uniform_int_distribution<>(least, most)(chance_));
  }

  /// When the lease of a term ends, by the kernel's clock; nothing if it has ended.
  std::optional<std::int64_t> lease_of(const tenure::term& held, std::int64_t now) const {
    const tenure::time_point until = held.valid_until();
    if (until == tenure::time_point::min() || !held.holds()) return std::nullopt;
    return now + std::chrono::nanoseconds(until - elections_.now()).count();
  }

  asio::awaitable<void> serve(std::string key, std::size_t number) {
    std::string reg = number < settings_.registers ? "chaos/r/" + std::to_string(number) : "";
    while (!stopping_) {
      bool refused = false;
      try {
        const std::int64_t now = chaos::true_now();
        tenure::election entered = elections_.enter(key, candidacy());
        // Enters anew now and then, so that joining and leaving go on all the time.
        for (int terms = 0; terms < 4; ++terms) {
          work body(*this, reg, now);
          co_await entered.lead(std::move(body));
          const auto until = elections_.now() + between(100, 1500);
          co_await elections_.sleep_until(until);
        }
        co_await entered.leave();
      } catch (const system_error& error) {
        refused = error.code() != tenure::errc::shut_down;
        if (refused) lines_.line("%lld refused %s", ns(chaos::true_now()), key.c_str());
      }
      if (refused) co_await pause(1000);
    }
  }

  asio::awaitable<void> contend() {
    while (!stopping_) {
      bool refused = false;
      try {
        const std::int64_t now = chaos::true_now();
        tenure::semaphore slot = elections_.contend("chaos/s", settings_.slots, candidacy());
        for (int terms = 0; terms < 4; ++terms) {
          work body(*this, "", now);
          co_await slot.hold(std::move(body));
        }
        co_await slot.leave();
      } catch (const system_error& error) {
        refused = error.code() != tenure::errc::shut_down;
      }
      if (refused) co_await pause(1000);
    }
  }

  asio::awaitable<void> pause(int milliseconds) {
    const auto until = elections_.now() + std::chrono::milliseconds(milliseconds);
    try {
      co_await elections_.sleep_until(until);
    } catch (const system_error&) {
    }
  }

  asio::awaitable<void> run(tenure::term held, std::string reg, std::int64_t entered) {
    const std::int64_t now = chaos::true_now();
    const auto until = lease_of(held, now);
    if (!until) co_return;
    const auto fence = static_cast<unsigned long long>(held.fence());
    if (makes("fence_reused")) {
      lines_.line("%lld begin %s %d %lld %lld %s", ns(now), held.key().c_str(), 1, ns(*until),
                  ns(entered), settings_.name.c_str());
    }
    lines_.line("%lld begin %s %llu %lld %lld %s", ns(now), held.key().c_str(), fence, ns(*until),
                ns(entered), settings_.name.c_str());
    const std::pair<std::string, unsigned long long> id(held.key(), fence);
    running_.insert_or_assign(id, running{held, *until});
    try {
      co_await work_on(held, reg);
    } catch (const system_error&) {
    }
    running_.erase(id);
    if (makes("late_write") && !reg.empty()) {
      asio::co_spawn(io_, write_late(held.fence(), reg), asio::detached);
    }
    if (makes("works_on")) {
      lines_.line("%lld lease %s %llu %lld", ns(chaos::true_now()), held.key().c_str(), fence,
                  ns(chaos::true_now() + 6'000'000'000));
      co_return;
    }
    lines_.line("%lld end %s %llu", ns(chaos::true_now()), held.key().c_str(), fence);
  }

  asio::awaitable<void> work_on(tenure::term held, std::string reg) {
    std::exponential_distribution<> lives(1.0 / static_cast<double>(settings_.life.count()));
    const auto life = std::chrono::duration<double>(0.5 + lives(chance_));
    const auto over = elections_.now() + std::chrono::duration_cast<tenure::duration>(life);
    while (elections_.now() < over) {
      const auto next = reg.empty() ? over : elections_.now() + between(200, 900);
      co_await elections_.sleep_until(next);
      if (!reg.empty()) co_await write(held, reg);
    }
  }

  asio::awaitable<void> write(tenure::term held, std::string reg) {
    const std::string value = settings_.name + '-' + std::to_string(::getpid()) + '-' +
                              std::to_string(++written_);
    tenure::leader_writes writes;
    writes.set(reg, std::to_string(held.fence()) + ' ' + value);
    lines_.line("%lld invoke %s %llu %s", ns(chaos::true_now()), reg.c_str(),
                static_cast<unsigned long long>(held.fence()), value.c_str());
    const char* result = "ok";
    bool cancelled = false;
    try {
      co_await held.write(std::move(writes));
    } catch (const system_error& error) {
      cancelled = error.code() == asio::error::operation_aborted;
      const bool unknown = cancelled || error.code() == tenure::errc::outcome_unknown;
      result = unknown ? "unknown" : "refused";
    }
    lines_.line("%lld write %s %s %s", ns(chaos::true_now()), reg.c_str(), value.c_str(), result);
    if (cancelled) throw system_error(asio::error::operation_aborted);
  }

  /// A mistake: writes without a guard, when another term may run.
  asio::awaitable<void> write_late(std::uint64_t fence, std::string reg) {
    co_await pause(4000);
    tenure::kv keys = elections_.kv();
    const std::string value = settings_.name + "-late-" + std::to_string(++written_);
    for (bool done = false; !done && !stopping_;) {
      try {
        const std::optional<tenure::stored_key> found = co_await keys.get(reg);
        const std::uint64_t index = found ? found->modify_index : 0;
        const std::string text = std::to_string(fence) + ' ' + value;
        lines_.line("%lld invoke %s %llu %s", ns(chaos::true_now()), reg.c_str(),
                    static_cast<unsigned long long>(fence), value.c_str());
        const bool written = co_await keys.set_if(reg, text, index);
        done = written;
        lines_.line("%lld write %s %s %s", ns(chaos::true_now()), reg.c_str(), value.c_str(),
                    written ? "ok" : "refused");
      } catch (const system_error&) {
      }
    }
  }

  asio::awaitable<void> read(std::string reg) {
    tenure::kv keys = elections_.kv();
    while (!stopping_) {
      const auto wait = static_cast<int>(between(300, 1200).count());
      co_await pause(wait);
      const std::int64_t began = chaos::true_now();
      try {
        const std::optional<tenure::stored_key> found = co_await keys.get(reg);
        lines_.line("%lld read %s %lld %s", ns(chaos::true_now()), reg.c_str(), ns(began),
                    found ? found->value.c_str() : "-");
      } catch (const system_error&) {
      }
    }
  }

  /// Writes down how the leases grow.
  asio::awaitable<void> sample() {
    while (!stopping_ || !running_.empty()) {
      const std::int64_t now = chaos::true_now();
      for (auto& [id, one] : running_) {
        const auto until = lease_of(one.held, now);
        if (!until || *until <= one.until + least_growth) continue;
        one.until = *until;
        lines_.line("%lld lease %s %llu %lld", ns(now), id.first.c_str(), id.second, ns(*until));
      }
      if (makes("grows")) grown_.append(200'000, 'x');
      co_await pause(100);
    }
  }

  struct running {
    tenure::term held;
    std::int64_t until = 0;
  };

  asio::io_context& io_;
  settings settings_;
  chaos::journal& lines_;
  std::mt19937 chance_;
  tenure::elections elections_;
  // By key and fence: terms that one transaction won have the same fence.
  std::map<std::pair<std::string, unsigned long long>, running> running_;
  std::string grown_;
  std::uint64_t written_ = 0;
  bool stopping_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 9) return 64;
  const auto number = [&](int i) { return static_cast<std::size_t>(std::atoll(argv[i])); };
  settings s;
  s.name = argv[1];
  s.elections = number(3);
  s.registers = number(4);
  s.contenders = number(5);
  s.slots = number(6);
  s.span = std::chrono::milliseconds(number(7));
  s.life = std::chrono::seconds(number(8));
  chaos::journal lines(argv[2]);
  asio::io_context io(1);
  replica one(io, s, lines);
  one.start();
  asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { one.stop(); });
  io.run();
  return 0;
}
