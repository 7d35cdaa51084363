// The parts of a replica that need no Consul: its files, and whether replicas agree on them.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "common/duration.hpp"
#include "tenure-cron/daemon/file_agreement.hpp"
#include "tenure-cron/daemon/jobs_source.hpp"
#include "tenure-cron/daemon/lane_groups.hpp"

using namespace tenure;
using namespace tenure::cron;
namespace fs = std::filesystem;

namespace {

class folder {
 public:
  folder() {
    std::string name = (fs::temp_directory_path() / "tenure-unit-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  ~folder() { fs::remove_all(path); }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
    return (path / name).string();
  }

  fs::path path;
};

group_member_status member(const std::string& name, const std::string& digest) {
  group_member_status made;
  made.name = name;
  if (!digest.empty()) made.labels[file_agreement::label] = digest;
  return made;
}

}  // namespace

TEST_CASE("replicas with another file are named; those that leave or show none do not count") {
  std::vector<group_member_status> all{member("b", "2"), member("a", "1"), member("c", "3"),
                                       member("d", ""), member("e", "4"), member("self", "2")};
  all[4].leaving = true;
  all[5].self = true;
  CHECK(file_agreement::others(all, "1") == std::vector<std::string>{"b=2", "c=3"});
  CHECK(file_agreement::others(all, "2") == std::vector<std::string>{"a=1", "c=3"});
  CHECK(file_agreement::others({}, "2").empty());
}

TEST_CASE("each change of the replicas that differ is news once") {
  file_agreement seen(silent_log(), "jobs/cron");
  std::vector<group_member_status> all{member("b", "2")};
  CHECK_FALSE(seen.news(all, "2"));
  CHECK(seen.news(all, "1"));
  seen.compare(all, "1");
  CHECK(seen.differing() == std::vector<std::string>{"b=2"});
  CHECK_FALSE(seen.news(all, "1"));
  CHECK(seen.news(all, "3"));  // this replica's file changed, and differs still
  seen.compare(all, "2");
  CHECK(seen.differing().empty());
  CHECK_FALSE(seen.news(all, "2"));
}

TEST_CASE("the group of labels has one prefix, in whichever order a job names them") {
  CHECK(lane_groups::prefix_for("jobs", {"gpu"}) == "jobs.on.gpu");
  CHECK(lane_groups::prefix_for("jobs", {"ssd", "gpu"}) == "jobs.on.gpu+ssd");
  CHECK(lane_groups::prefix_for("jobs", {"gpu", "ssd"}) == "jobs.on.gpu+ssd");
}

TEST_CASE("a folder's files are tenants, and other files are none") {
  const folder here;
  CHECK_THROWS_AS(jobs_source(here.path.string()), apps::usage_error);
  here.write("b.yaml", "B");
  here.write("a.yml", "A");
  here.write(".hidden.yaml", "x");
  here.write("b.yaml~", "x");
  here.write("README", "x");
  const jobs_source source(here.path.string());
  CHECK(source.is_folder());
  std::vector<jobs_text> all = source.read();
  REQUIRE(all.size() == 2);
  CHECK(all[0].tenant == "a");
  CHECK(all[0].text == "A");
  CHECK(all[1].tenant == "b");
  here.write("b.yml", "second of its name");
  all = source.read();
  REQUIRE(all.size() == 3);
  CHECK(all[1].error.empty());
  CHECK(all[2].error.find("same name") != std::string::npos);
}

TEST_CASE("a folder that cannot be listed is not one without files") {
  const folder here;
  fs::create_directory(here.path / "jobs");
  here.write("jobs/a.yaml", "A");
  const jobs_source source((here.path / "jobs").string());
  const std::string before = source.stamp();
  fs::rename(here.path / "jobs", here.path / "away");
  CHECK_THROWS_AS(source.read(), apps::usage_error);
  const std::string away = source.stamp();
  CHECK(away != before);
  CHECK(away == source.stamp());
  fs::rename(here.path / "away", here.path / "jobs");
  CHECK(source.stamp() == before);
  CHECK(source.read().size() == 1);
}

TEST_CASE("the stamp of a file changes with each way to write it") {
  const folder here;
  const std::string file = here.write("jobs.yaml", "one");
  const jobs_source source(file);
  CHECK_FALSE(source.is_folder());
  std::string before = source.stamp();
  CHECK(source.stamp() == before);
  const auto changed = [&] { return source.stamp() != std::exchange(before, source.stamp()); };
  here.write("jobs.yaml", "longer");
  CHECK(changed());
  here.write("new", "longer");  // an editor's rename, with the same text
  fs::rename(here.path / "new", file);
  CHECK(changed());
  fs::remove(file);
  CHECK(changed());
  CHECK_FALSE(source.read().at(0).error.empty());
  fs::create_directory(here.path / "v1");
  fs::create_directory(here.path / "v2");
  here.write("v1/jobs.yaml", "1");
  here.write("v2/jobs.yaml", "2");
  fs::create_symlink("v1", here.path / "..data");
  fs::create_symlink("..data/jobs.yaml", file);
  CHECK(changed());
  CHECK(source.read().at(0).text == "1");
  fs::create_symlink("v2", here.path / "..next");
  fs::rename(here.path / "..next", here.path / "..data");  // as Kubernetes does
  CHECK(changed());
  CHECK(source.read().at(0).text == "2");
}
