// What an HTTP server takes for its own name and for its token.
#include <sys/stat.h>

#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "wire/access_check.hpp"

namespace {

namespace fs = std::filesystem;
using namespace tenure::wire;

bool answers_for(const std::string& configured, const std::string& host) {
  http_access access;
  access.hosts = {configured};
  const access_check check(access, nullptr);
  presented_access request;
  request.method = "GET";
  request.target = "/";
  request.host = host;
  return !check.check(request, true);
}

}  // namespace

TEST_CASE("a configured host is compared without its port and its last dot") {
  for (const char* const configured : {"box", "Box", "box.", "box:4040", "box.:4040"}) {
    CAPTURE(configured);
    CHECK(answers_for(configured, "box"));
    CHECK(answers_for(configured, "box:4040"));
    CHECK(answers_for(configured, "box.:1"));
    CHECK_FALSE(answers_for(configured, "other:4040"));
  }
}

TEST_CASE("a host has the form of one") {
  for (const char* const good : {"localhost", "localhost:80", "localhost:", "[::1]", "[::1]:80",
                                 "::1", "127.0.0.1:80", ""}) {
    CAPTURE(good);
    CHECK(answers_for("box", good));
  }
  for (const char* const bad : {"[::1].evil.com", "[::1]x", "[::1", "[::1]:x", "[", "localhost:x",
                                "localhost:80x", "127.0.0.1:80.evil.com", "[localhost"}) {
    CAPTURE(bad);
    CHECK_FALSE(answers_for("box", bad));
  }
}

TEST_CASE("a token file that becomes a FIFO does not delay requests") {
  std::string name = (fs::temp_directory_path() / "access_XXXXXX").string();
  const fs::path root = ::mkdtemp(name.data());
  const fs::path path = root / "token";
  std::ofstream(path) << "first\n";
  const auto token = token_in_file(path.string());
  fs::remove(path);
  REQUIRE(::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) == 0);
  CHECK(token->equals("first"));
  CHECK_FALSE(token->equals(""));

  fs::remove(path);
  std::ofstream(path) << "second\n";
  CHECK(token->equals("second"));
  fs::remove(path);
  CHECK(token->equals("second"));
  std::ofstream(path) << std::string(5000, 'x');
  CHECK(token->equals("second"));
  CHECK_THROWS_AS(token_in_file(path.string()), tenure::bad_configuration);
  fs::remove_all(root);
}
