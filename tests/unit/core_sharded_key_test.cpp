#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <string>
#include <tenure/sharded_key.hpp>

namespace {

using tenure::sharded_key;

TEST_CASE("sharded keys never change") {
  CHECK(sharded_key("jobs", "nightly") == "jobs/38/nightly");
  CHECK(sharded_key("jobs/", "nightly") == "jobs/38/nightly");
  CHECK(sharded_key("a/b", "tenant-1000017") == "a/b/90/tenant-1000017");
  CHECK(sharded_key("", "\xc3\xa9") == "68/\xc3\xa9");
  CHECK(sharded_key("jobs", "") == "jobs/e0/");
}

TEST_CASE("sharded keys spread evenly over 64 folders") {
  for (const char* before : {"", "tenant-", "service/election-0000", "x"}) {
    std::map<std::string, int> folders;
    for (int i = 0; i < 10'000; ++i) {
      ++folders[sharded_key("p", before + std::to_string(i)).substr(2, 2)];
    }
    CHECK(folders.size() == 64);
    for (const auto& [folder, count] : folders) {
      CHECK(count > 100);
      CHECK(count < 220);
    }
  }
}

}  // namespace
