#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <tenure/consul_config.hpp>
#include <tenure/token_source.hpp>
#include <vector>

#include "consul/token_file.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;

class test_clock final : public runtime::clock {
 public:
  time_point now() const noexcept override { return at; }
  time_point at{};
};

class test_log final : public log_sink {
 public:
  bool enabled(log_level level) const noexcept override { return level >= log_level::info; }
  void write(log_level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    lines.emplace_back(message);
    for (const log_field& field : fields) all += std::string(field.value()) + ' ';
  }
  std::vector<std::string> lines;
  std::string all;
};

/// A folder for one token file, written as programs write one.
class fixture {
 public:
  fixture() {
    char path[] = "/tmp/tenure-token-XXXXXX";
    REQUIRE(::mkdtemp(path) != nullptr);
    folder = path;
    file = folder + "/token";
    write("one");
  }
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  ~fixture() { std::filesystem::remove_all(folder); }

  void write(const std::string& text) const { std::ofstream(file, std::ios::binary) << text; }
  void replace(const std::string& text) const {
    std::ofstream(file + ".new", std::ios::binary) << text;
    REQUIRE(std::rename((file + ".new").c_str(), file.c_str()) == 0);
  }
  std::shared_ptr<token_source> follow() {
    return source = consul::follow_token_file(file, "", consul::empty_file::refused, log, clock);
  }

  std::string folder;
  std::string file;
  std::shared_ptr<token_source> source;
  std::shared_ptr<test_log> log = std::make_shared<test_log>();
  std::shared_ptr<test_clock> clock = std::make_shared<test_clock>();
};

/// A write to a page that is mapped and dirty changes no attribute of its file, as does a write
/// within one tick of the file system's clock.
class mapped_file {
 public:
  explicit mapped_file(const std::string& name) {
    const int file = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(file >= 0);
    void* const at = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    REQUIRE(at != MAP_FAILED);
    text_ = static_cast<char*>(at);
  }
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;
  ~mapped_file() { ::munmap(text_, length); }
  void write(std::string_view text) {
    REQUIRE(text.size() == length);
    std::copy(text.begin(), text.end(), text_);
  }

 private:
  static constexpr std::size_t length = 3;
  char* text_ = nullptr;
};

using lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a token file that is written or replaced has its new token at once") {
  fixture b;
  b.follow();
  CHECK(b.source->token() == "one");
  b.write(" three \n");
  CHECK(b.source->token() == "three");
  b.replace("four!\n");
  CHECK(b.source->token() == "four!");
  CHECK(b.log->lines == lines{"token changed", "token changed"});
  CHECK(b.log->all.find("three") == std::string::npos);
}

TEST_CASE("a link to another file is followed, as in a mounted secret") {
  fixture b;
  std::ofstream(b.folder + "/a") << "in a";
  std::ofstream(b.folder + "/b") << "in b";
  std::filesystem::create_symlink("a", b.folder + "/link");
  const auto source = token_from_file(b.folder + "/link");
  CHECK(source->token() == "in a");
  std::filesystem::remove(b.folder + "/link");
  std::filesystem::create_symlink("b", b.folder + "/link");
  CHECK(source->token() == "in b");
}

TEST_CASE("while a token file is of no use its last token stays, with one warning an outage") {
  fixture b;
  b.follow();
  const std::string& file = b.file;
  for (int outage = 0; outage < 2; ++outage) {
    b.log->lines.clear();
    b.write("");
    for (int i = 0; i < 3; ++i) CHECK(b.source->token() == "one");
    b.write(std::string(5000, 'x'));
    CHECK(b.source->token() == "one");
    b.write("two\nlines");
    CHECK(b.source->token() == "one");
    REQUIRE(std::remove(file.c_str()) == 0);
    CHECK(b.source->token() == "one");
    std::filesystem::create_directory(file);
    CHECK(b.source->token() == "one");
    std::filesystem::remove(file);
    CHECK(b.log->lines == lines{"token file unusable, the last token stays in use"});
    b.write("one");
    CHECK(b.source->token() == "one");
    CHECK(b.log->lines.back() == "token file readable again");
  }
}

TEST_CASE("a token file that becomes a folder or a FIFO gets a warning, and is not read") {
  fixture b;
  b.follow();
  REQUIRE(std::remove(b.file.c_str()) == 0);
  std::filesystem::create_directory(b.file);
  CHECK(b.source->token() == "one");
  CHECK(b.log->lines == lines{"token file unusable, the last token stays in use"});
  CHECK(b.log->all.find("is no regular file") != std::string::npos);
  std::filesystem::remove(b.file);
  b.write("two");
  CHECK(b.source->token() == "two");
  REQUIRE(std::remove(b.file.c_str()) == 0);
  REQUIRE(::mkfifo(b.file.c_str(), S_IRUSR | S_IWUSR) == 0);
  CHECK(b.source->token() == "two");
  CHECK(b.log->lines.back() == "token file unusable, the last token stays in use");
}

TEST_CASE("after a refusal the file is read, even if its attributes are those of the last read") {
  fixture b;
  mapped_file mapped(b.file);
  mapped.write("abc");
  b.follow();
  CHECK(b.source->token() == "abc");
  mapped.write("two");
  CHECK(b.source->token() == "abc");
  CHECK(b.source->refused("abc", token_refusal::unknown_token));
  CHECK(b.source->token() == "two");
}

TEST_CASE("a request waits two seconds for another token, and the next one not at all") {
  fixture b;
  b.follow();
  CHECK(b.source->refused("one", token_refusal::unknown_token));
  b.clock->at += 1900ms;
  CHECK(b.source->refused("one", token_refusal::unknown_token));
  b.clock->at += 200ms;
  CHECK_FALSE(b.source->refused("one", token_refusal::unknown_token));
  b.replace("two");
  CHECK(b.source->refused("one", token_refusal::unknown_token));
  CHECK(b.source->token() == "two");
  CHECK(b.source->refused("two", token_refusal::unknown_token));
}

TEST_CASE("a file without a token is refused at the start, with the remedy") {
  fixture b;
  const auto refusal = [](const std::string& path) {
    try {
      token_from_file(path);
    } catch (const bad_configuration& error) {
      return std::string(error.what());
    }
    return std::string("(accepted)");
  };
  b.write("\n");
  CHECK(refusal(b.file) == "the file \"" + b.file +
                               "\" is empty: name a file that holds the token");
  CHECK(refusal("/nonexistent") ==
        "the file \"/nonexistent\" cannot be read (No such file or directory): name a file that "
        "holds the token");
  CHECK(refusal(b.folder).find("cannot be read (Is a directory)") != std::string::npos);
}

TEST_CASE("an empty file leaves the token of the variable in use until it holds one") {
  fixture b;
  b.write("");
  const consul_config config =
      consul_config::from([&](const char* name) -> std::optional<std::string> {
        if (name == std::string("CONSUL_HTTP_TOKEN_FILE")) return b.file;
        if (name == std::string("CONSUL_HTTP_TOKEN")) return "variable";
        return std::nullopt;
      });
  CHECK(config.token() == "variable");
  b.replace("in the file");
  CHECK(config.token() == "in the file");
  b.replace("");
  CHECK(config.token() == "in the file");
}

TEST_CASE("equal accesses share their source") {
  fixture b;
  const consul_access one = consul_access().token(b.follow());
  consul_access same = one;
  CHECK(one == same);
  CHECK_FALSE(one == consul_access().token(token_from_file(b.file)));
  CHECK(same.token("one").source() == nullptr);
  CHECK_FALSE(one == same);
}
