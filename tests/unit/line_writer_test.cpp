// The writer of lines that never blocks its callers, with a pipe that is full.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "common/log/line_writer.hpp"

namespace {

using namespace std::chrono_literals;
using tenure::apps::line_writer;

/// A pipe with the least buffer that the kernel has.
class small_pipe {
 public:
  small_pipe() {
    if (::pipe2(ends_, O_CLOEXEC) == 0) ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
  }
  small_pipe(const small_pipe&) = delete;
  small_pipe& operator=(const small_pipe&) = delete;
  /// Leaves the other end open: a writer's thread may still be in write().
  ~small_pipe() { ::close(ends_[0]); }

  int writable() const { return ends_[1]; }
  /// Reads until the text ends with `end`.
  std::string read_until(const std::string& end) {
    std::string all;
    char block[4096];
    while (!all.ends_with(end)) {
      const ssize_t got = ::read(ends_[0], block, sizeof block);
      if (got <= 0) break;
      all.append(block, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// While it lives, no thread can be started: none gets such a stack.
class no_more_threads {
 public:
  no_more_threads() {
    ::pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    ::pthread_attr_init(&huge);
    ::pthread_attr_setstacksize(&huge, std::size_t{1} << 50);
    ::pthread_setattr_default_np(&huge);
    ::pthread_attr_destroy(&huge);
  }
  no_more_threads(const no_more_threads&) = delete;
  no_more_threads& operator=(const no_more_threads&) = delete;
  ~no_more_threads() {
    ::pthread_setattr_default_np(&before_);
    ::pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

bool is_blocked(int signal) {
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  return ::sigismember(&mask, signal) == 1;
}

TEST_CASE("lines are written in their order, and flush() waits for them") {
  small_pipe pipe;
  line_writer writer(pipe.writable());
  for (int i = 0; i < 100; ++i) writer.add(std::to_string(i) + '\n');
  CHECK(writer.flush());
  const std::string all = pipe.read_until("99\n");
  CHECK(all.starts_with("0\n1\n2\n"));
}

TEST_CASE("a full pipe blocks nothing: lines are dropped, and their count is written later") {
  small_pipe pipe;
  const std::string line(1023, 'x');
  constexpr std::size_t lines = 2 * line_writer::capacity / 1024;
  {
    line_writer writer(pipe.writable());
    writer.on_dropped([](std::uint64_t n) { return "dropped " + std::to_string(n) + '\n'; });
    for (std::size_t i = 0; i < lines; ++i) writer.add(line + '\n');
    CHECK_FALSE(writer.has_room());
    CHECK_FALSE(writer.flush(10ms));
    // One buffer may be in the hands of the thread, the next one is full.
    std::string all = pipe.read_until("x\n");
    while (all.find("dropped ") == all.npos) all += pipe.read_until("\n");
    const std::size_t at = all.find("dropped ");
    const std::size_t dropped = std::stoul(all.substr(at + 8));
    CHECK(dropped > 0);
    CHECK((at + 1) / 1024 + dropped == lines);
    writer.add("again\n");
    CHECK(pipe.read_until("again\n").ends_with("again\n"));
    CHECK(writer.flush());
  }
}

TEST_CASE("a writer may keep what it has no room for") {
  small_pipe pipe;
  const std::string line(1023, 'x');
  std::size_t lines = 0;
  line_writer writer(pipe.writable(), line_writer::when_full::keep);
  // One buffer may be in the hands of the thread.
  for (; writer.has_room() || lines < 3 * line_writer::capacity / 1024; ++lines)
    writer.add(line + '\n');
  writer.add("last\n");
  CHECK(pipe.read_until("last\n").size() == lines * 1024 + 5);
  CHECK(writer.flush());
  CHECK(writer.has_room());
}

TEST_CASE("a caller that waits for room gets a thread that makes some") {
  small_pipe pipe;
  line_writer writer(pipe.writable(), line_writer::when_full::keep);
  {
    const no_more_threads none;
    writer.add(std::string(line_writer::capacity, 'x') + '\n');
    CHECK_FALSE(writer.has_room());
  }
  CHECK_FALSE(writer.has_room());
  CHECK(pipe.read_until("\n").size() == line_writer::capacity + 1);
  CHECK(writer.flush());
  CHECK(writer.has_room());
}

TEST_CASE("if its thread cannot start, a later line tries again, and no signal stays blocked") {
  small_pipe pipe;
  line_writer writer(pipe.writable());
  {
    const no_more_threads none;
    writer.add("one\n");
    CHECK_FALSE(is_blocked(SIGTERM));
  }
  writer.add("two\n");
  CHECK(writer.flush());
  CHECK(pipe.read_until("two\n") == "one\ntwo\n");
}

TEST_CASE("without a thread flush() writes, and waits no longer than it may") {
  small_pipe pipe;
  const no_more_threads none;
  line_writer writer(pipe.writable());
  writer.add("one\n");
  CHECK(writer.flush());
  CHECK(pipe.read_until("one\n") == "one\n");
  writer.add(std::string(100'000, 'x') + '\n');
  CHECK_FALSE(writer.flush(10ms));
  CHECK_FALSE(is_blocked(SIGTERM));
}

TEST_CASE("a writer that hangs in write() does not keep its owner") {
  small_pipe pipe;
  line_writer writer(pipe.writable());
  writer.add(std::string(100'000, 'x') + '\n');
  CHECK_FALSE(writer.flush(10ms));
}

}  // namespace
