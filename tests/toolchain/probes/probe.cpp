#include "probe.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace probes {

int counted::alive = 0;

awaitable<bool> yes() {
  co_await asio::post(use_awaitable);
  co_return true;
}

awaitable<bool> times(int& left) {
  co_await asio::post(use_awaitable);
  co_return left-- > 0;
}

awaitable<int> seven() {
  co_await asio::post(use_awaitable);
  co_return 7;
}

awaitable<std::string> text() {
  co_await asio::post(use_awaitable);
  co_return long_text;
}

aggregate make_aggregate() { return aggregate{long_text, counted(), 7}; }

awaitable<aggregate> some_aggregate() {
  co_await asio::post(use_awaitable);
  co_return make_aggregate();
}

awaitable<bool> take_text(std::string value) {
  co_await asio::post(use_awaitable);
  co_return value == long_text;
}

awaitable<bool> take_reference(const std::string& value) {
  co_await asio::post(use_awaitable);
  co_return value == long_text;
}

awaitable<bool> take_counted(counted value) {
  co_await asio::post(use_awaitable);
  co_return value.whole();
}

awaitable<bool> take_aggregate(aggregate value) {
  co_await asio::post(use_awaitable);
  co_return value.name == long_text && value.value.whole() && value.number == 7;
}

awaitable<bool> take_constructed(constructed value) {
  co_await asio::post(use_awaitable);
  co_return value.whole();
}

namespace {

enum exit_code { good = 0, wrong_value, wrong_count, unfinished, exception };

exit_code run_here(const probe& what) {
  counted::alive = 0;
  bool done = false;
  bool right = false;
  bool threw = false;
  {
    asio::io_context io(1);
    asio::co_spawn(io, what.body(), [&](std::exception_ptr error, bool value) {
      done = true;
      threw = error != nullptr;
      right = value;
    });
    io.run();
  }
  if (!done) return unfinished;
  if (threw) return exception;
  if (!right) return wrong_value;
  return counted::alive == 0 ? good : wrong_count;
}

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGALRM ? "hangs" : std::string("crashes: ") + strsignal(signal);
  }
  switch (WEXITSTATUS(status)) {
    case good: return "works";
    case wrong_value: return "sees a wrong value";
    case wrong_count: return "destroys a wrong number of objects";
    case unfinished: return "never finishes";
    case exception: return "throws";
    default: return "ends with exit code " + std::to_string(WEXITSTATUS(status));
  }
}

}  // namespace

int run(const std::vector<probe>& all) {
  int misbehaved = 0;
  for (const probe& what : all) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child == 0) {
      alarm(5);
      _exit(run_here(what));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
      std::perror("probe");
      return 1000;
    }
    const std::string verdict = describe(status);
    std::printf("%-34s %s\n", what.name, verdict.c_str());
    if (verdict != "works") ++misbehaved;
  }
  std::printf("%d of %zu misbehave\n", misbehaved, all.size());
  return misbehaved;
}

}  // namespace probes
