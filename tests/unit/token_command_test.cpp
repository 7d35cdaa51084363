#include "consul/token_command.hpp"

#include <stdlib.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <tenure/bad_configuration.hpp>
#include <vector>

namespace {

using namespace tenure;
using namespace std::chrono_literals;
constexpr auto unknown = token_refusal::unknown_token;
constexpr auto missing_right = token_refusal::missing_right;

class test_clock final : public runtime::clock {
 public:
  time_point now() const noexcept override { return time_point(duration(at.load())); }
  void advance(duration d) { at += d.count(); }

 private:
  std::atomic<duration::rep> at{0};
};

class waiting_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view message, std::span<const log_field>) noexcept override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(message);
    changed_.notify_all();
  }
  /// Waits for the n-th line.
  std::string line(std::size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 60s, [&] { return lines_.size() >= n; });
    return lines_.size() >= n ? lines_[n - 1] : std::string("(none)");
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return lines_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

/// A command that prints a file, and counts how often it ran.
class fixture {
 public:
  fixture() {
    char path[] = "/tmp/tenure-command-XXXXXX";
    REQUIRE(::mkdtemp(path) != nullptr);
    folder = path;
    print("one");
    command = "echo >>" + folder + "/runs; cat " + folder + "/token";
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() {
    source.reset();
    std::filesystem::remove_all(folder);
  }

  void print(const std::string& token) const {
    std::ofstream(folder + "/new") << token << "\nmore\n";
    std::filesystem::rename(folder + "/new", folder + "/token");
  }
  /// A command that prints another token each time.
  void create() { command = "echo >>" + folder + "/runs; wc -c <" + folder + "/runs"; }
  void fail() const { std::filesystem::remove(folder + "/token"); }
  auto runs() const { return std::filesystem::file_size(folder + "/runs"); }
  void follow(duration interval = 1h) {
    source = consul::follow_token_command(command + " 2>/dev/null", interval, log, clock);
  }
  /// As a request does that Consul refuses.
  bool wait_for_another(const std::string& token) const {
    while (source->token() == token) {
      if (!source->refused(token, unknown)) return false;
    }
    return true;
  }

  std::string folder;
  std::string command;
  std::shared_ptr<waiting_log> log = std::make_shared<waiting_log>();
  std::shared_ptr<test_clock> clock = std::make_shared<test_clock>();
  std::shared_ptr<token_source> source;
};

}  // namespace

TEST_CASE("a command's first line is the token, and a refusal runs the command again") {
  fixture b;
  b.follow();
  CHECK(b.source->token() == "one");
  CHECK(b.runs() == 1);
  b.clock->advance(10s);
  b.print("two");
  CHECK(b.wait_for_another("one"));
  CHECK(b.source->token() == "two");
  CHECK(b.runs() == 2);
  CHECK(b.log->line(1) == "token changed");
}

TEST_CASE("many refusals of one token share one run") {
  fixture b;
  b.follow();
  b.clock->advance(10s);
  b.print("two");
  for (int i = 0; i < 100; ++i) CHECK(b.source->refused("one", unknown));
  CHECK(b.wait_for_another("one"));
  for (int i = 0; i < 100; ++i) CHECK(b.source->refused("one", unknown));  // late ones
  CHECK(b.runs() == 2);
}

TEST_CASE("a token that the command prints again is not waited for, and runs it ever less often") {
  fixture b;
  b.follow();
  b.clock->advance(10s);
  CHECK_FALSE(b.wait_for_another("one"));
  auto runs = b.runs();
  CHECK(runs == 2);
  for (const duration pause : {1s, 2s, 4s, 5s, 5s}) {
    b.clock->advance(pause - 1ms);
    CHECK_FALSE(b.source->refused("one", unknown));
    CHECK(b.runs() == runs);
    b.clock->advance(1ms);
    CHECK_FALSE(b.wait_for_another("one"));
    CHECK(b.runs() == ++runs);
  }
  // The next token begins anew.
  b.print("two");
  b.clock->advance(5s);
  CHECK(b.wait_for_another("one"));
  b.clock->advance(2s);
  CHECK_FALSE(b.wait_for_another("two"));
  b.clock->advance(1s);
  CHECK_FALSE(b.wait_for_another("two"));
  CHECK(b.runs() == runs + 3);
}

TEST_CASE("a token of less than two seconds may be unknown to a server yet: no run") {
  fixture b;
  b.follow();
  CHECK(b.source->refused("one", unknown));
  CHECK(b.runs() == 1);
}

TEST_CASE("a command that fails leaves the last token in use, with one warning an outage") {
  fixture b;
  b.follow();
  b.fail();
  for (int i = 0; i < 3; ++i) {
    b.clock->advance(10s);
    CHECK_FALSE(b.wait_for_another("one"));
  }
  CHECK(b.source->token() == "one");
  CHECK(b.log->line(1) == "token command failed, the last token stays in use");
  CHECK(b.log->count() == 1);
  b.print("two");
  b.clock->advance(10s);
  CHECK(b.wait_for_another("one"));
  CHECK(b.log->line(2) == "token command works again");
  CHECK(b.log->line(3) == "token changed");
}

TEST_CASE("a missing right runs a command that creates tokens once an interval") {
  fixture b;
  b.create();
  b.follow(1h);
  // Each new token lacks the right as well, and requests use it every 3 s for two hours.
  for (int i = 0; i < 2400; ++i) {
    b.clock->advance(3s);
    const std::string token = b.source->token();
    if (b.source->refused(token, missing_right)) {
      while (b.source->token() == token) {}
    }
  }
  CHECK(b.runs() == 3);
  // Nor does it delay the next token, when Consul no longer knows this one.
  const std::string token = b.source->token();
  CHECK(b.wait_for_another(token));
  CHECK(b.runs() == 4);
}

TEST_CASE("a command runs ever less often while all the tokens that it creates are refused") {
  fixture b;
  b.create();
  b.follow(1min);
  std::vector<int> ages;
  int age = 0;
  while (ages.size() < 9) {
    b.clock->advance(1s);
    ++age;
    const std::string token = b.source->token();
    if (age < 2) continue;  // a server may not know it yet: the request waits
    if (!b.wait_for_another(token)) continue;
    ages.push_back(age);
    age = 0;
  }
  CHECK(ages == std::vector<int>{2, 2, 4, 8, 16, 32, 60, 60, 60});
  // One token that works ends that: the next rotation costs no time.
  for (int i = 0; i < 64; ++i) {
    b.clock->advance(1s);
    b.source->token();
  }
  CHECK(b.wait_for_another(b.source->token()));
  b.clock->advance(2s);
  CHECK(b.wait_for_another(b.source->token()));
}

TEST_CASE("the command runs after each interval") {
  fixture b;
  b.follow(1s);
  b.print("two");
  CHECK(b.log->line(1) == "token changed");
  CHECK(b.source->token() == "two");
  b.print("three");
  CHECK(b.log->line(2) == "token changed");
}

TEST_CASE("a command without a token is refused at the start by one line, with the remedy") {
  const auto refusal = [](const std::string& command) {
    try {
      token_from_command(command);
    } catch (const bad_configuration& error) {
      return std::string(error.what());
    }
    return std::string("(accepted)");
  };
  CHECK(refusal("exit 2") ==
        "the token command 'exit 2' printed no token (it exited with status 2): run it by hand, as "
        "this user, to see why");
  CHECK(refusal("true").find("(its first line is empty)") != std::string::npos);
  CHECK(refusal("echo; echo token").find("(its first line is empty)") != std::string::npos);
  CHECK(refusal("head -c 5000 /dev/zero | tr '\\0' x").find("is too long (5000 bytes)") !=
        std::string::npos);
  CHECK(refusal("printf 'a\\tb'").find("holds control characters") != std::string::npos);
  CHECK(refusal("yes") ==
        "the token command 'yes' printed no token (it prints more than 65536 bytes): run it by "
        "hand, as this user, to see why");
  CHECK(refusal("") == "the token command is empty: name one");
  CHECK_THROWS_AS(token_from_command("echo x", 100ms), bad_configuration);
}

TEST_CASE("a source that goes while its command runs does not wait for it") {
  fixture b;
  b.command = "echo >>" + b.folder + "/runs; echo one; [ $(wc -l <" + b.folder +
              "/runs) = 1 ] || sleep 1000";
  b.follow();
  b.clock->advance(10s);
  CHECK(b.source->refused("one", unknown));
  b.source.reset();
}
