// The command of the programs in the chaos run. It writes to FILE that it began, that it is alive
// (every 20 ms), and that it ended.
//
//   chaos_work FILE NAME [LIFE_S]    ends by itself after LIFE_S
//
// The lines are "NS begin KEY FENCE NAME", "NS beat KEY FENCE NAME", "NS end KEY FENCE NAME", with
// nanoseconds of CLOCK_BOOTTIME. The key and the fence come from TENURE_KEY and TENURE_FENCE.
#include <signal.h>

#include <cstdlib>
#include <string>

#include "journal.hpp"

namespace {

volatile sig_atomic_t term_received = 0;

void on_term(int) { term_received = 1; }

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : "-";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  struct sigaction action = {};
  action.sa_handler = &on_term;
  ::sigaction(SIGTERM, &action, nullptr);
  chaos::journal lines(argv[1]);
  const long long life = argc > 3 ? std::atoll(argv[3]) * 1'000'000'000 : 0;
  const std::string what = variable("TENURE_KEY") + " " + variable("TENURE_FENCE") + " " + argv[2];
  const auto line = [&](const char* event) {
    lines.line("%lld %s %s", static_cast<long long>(chaos::true_now()), event, what.c_str());
  };
  line("begin");
  const std::int64_t begun = chaos::true_now();
  while (term_received == 0 && (life == 0 || chaos::true_now() - begun < life)) {
    const timespec pause = {0, 20'000'000};
    ::nanosleep(&pause, nullptr);
    line("beat");
  }
  line("end");
  return 0;
}
