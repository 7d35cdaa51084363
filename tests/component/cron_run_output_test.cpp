// The output of jobs under virtual time: its targets, their limits, and files that are full.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cron_running_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

TEST_CASE("output that has no room holds up the job for two seconds after its end at most") {
  cron_stage s;
  s.output->room = false;
  s.host.out = "lost\n";
  const auto& run = s.begin(plain("a"));
  s.exit(0);
  CHECK_FALSE(run.done());
  s.b.rt.advance(3s);
  REQUIRE(run.done());
  CHECK(s.output->lines.empty());
  CHECK(s.logged(log_level::warn, "output lost", "bytes=5"));
}

TEST_CASE("a tenant's limit of output: the excess is dropped and counted in one line") {
  runner_options options;
  options.tenant = "shop";
  options.max_output = 200;
  cron_stage s(std::move(options));
  for (int i = 0; i < 10; ++i) s.host.out += "a line of twenty-six bytes\n";
  const auto& run = s.begin(plain("a"));
  s.exit(0);
  REQUIRE(run.done());
  CHECK(s.output->lines.size() == 2);
  CHECK(s.output->lines.at(0).starts_with("[shop/a 2024-05-01T12:00:00Z out] a line"));
  CHECK(s.logged(log_level::warn, "output dropped", "tenant=shop lines=8"));
  CHECK(run.value().tail.ends_with("a line of twenty-six bytes"));
}

TEST_CASE("a job's output file is rotated by size, and the full ones are kept in number") {
  cron_stage s;
  std::string folder = std::filesystem::temp_directory_path() / "tenure-output-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  job what = plain("a");
  what.output = output_file();
  what.output->path = folder + "/a.log";
  what.output->size = 1000;
  what.output->keep = 2;
  // Of a time when more were kept.
  for (const char* name : {"/a.log.3", "/a.log.4"}) std::ofstream(folder + name) << "old\n";
  for (int i = 0; i < 100; ++i) s.host.out += "line " + std::to_string(i) + "\n";
  const auto& run = s.begin(std::move(what));
  s.exit(0);
  REQUIRE(run.done());
  REQUIRE(s.runner->flush(10s));
  CHECK(s.output->lines.empty());
  std::size_t lines = 0;
  for (const char* name : {"/a.log", "/a.log.1", "/a.log.2"}) {
    REQUIRE(std::filesystem::exists(folder + name));
    CHECK(std::filesystem::file_size(folder + name) <= 1000);
    std::ifstream file(folder + name);
    for (std::string line; std::getline(file, line); ++lines)
      CHECK(line.find(" [a 2024-05-01T12:00:00Z out] line ") != std::string::npos);
  }
  CHECK(lines > 20);
  for (const char* name : {"/a.log.3", "/a.log.4"})
    CHECK_FALSE(std::filesystem::exists(folder + name));
  std::filesystem::remove_all(folder);
}

TEST_CASE("an output file that cannot be written is one log line, and the job goes on") {
  cron_stage s;
  job what = plain("a");
  what.output = output_file();
  what.output->path = "/no/such/folder/a.log";
  s.host.out = "one\ntwo\n";
  const auto& run = s.begin(std::move(what));
  s.exit(0);
  REQUIRE(run.done());
  CHECK(run.value().how == ending::succeeded);
  REQUIRE(s.runner->flush(10s));
  CHECK(s.log->lines(log_level::warn) ==
        std::vector<std::string>{"output file write failed file=/no/such/folder/a.log "
                                 "error=No such file or directory"});
}
