// The leader file in a real folder, under virtual time: whatever happens to it, it is restored.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "election_fixture.hpp"
#include "output_environment.hpp"
#include "sidecar/consul_service/leader_file.hpp"
#include "support/kept_log.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;
namespace fs = std::filesystem;

namespace {

using state = leader_file::state;

class stage {
 public:
  stage() {
    std::string name = (fs::temp_directory_path() / "leader_file_XXXXXX").string();
    root = ::mkdtemp(name.data());
    fs::create_directory(root / "alloc");
  }
  ~stage() { fs::remove_all(root); }

  leader_file make() { return leader_file(path().string(), environment); }
  fs::path path() const { return root / "alloc" / "leads"; }
  bool exists() const { return fs::exists(fs::symlink_status(path())); }
  bool empty_file() const {
    return fs::symlink_status(path()).type() == fs::file_type::regular && fs::is_empty(path());
  }
  void write(const char* text) { std::ofstream(path()) << text; }
  /// As the output does it.
  void keep(leader_file& file, state wanted, duration length = 10s) {
    for (duration passed{0}; passed < length; passed += 250ms) {
      file.keep(wanted);
      rt.advance(250ms);
    }
  }

  manual_runtime rt{1};
  std::shared_ptr<kept_log> log = std::make_shared<kept_log>();
  std::shared_ptr<const output_environment> environment = output_environment_of(rt, log);
  fs::path root;
};

}  // namespace

TEST_CASE("the file of a predecessor is removed, and a leader makes its own") {
  stage s;
  s.write("");
  leader_file file = s.make();
  file.keep(state::absent);
  REQUIRE_FALSE(s.exists());
  file.keep(state::present);
  REQUIRE(s.empty_file());
  file.keep(state::absent);
  REQUIRE_FALSE(s.exists());
  REQUIRE(s.log->lines(log_level::error).empty());
  REQUIRE(s.environment->counted->leader_files_repaired == 0);
}

TEST_CASE("a file that is removed, written to or replaced is restored") {
  stage s;
  leader_file file = s.make();
  file.keep(state::present);
  fs::remove(s.path());
  s.keep(file, state::present, 1s);
  REQUIRE(s.empty_file());
  s.rt.advance(2min);

  s.write("x");
  s.keep(file, state::present, 1s);
  REQUIRE(s.empty_file());
  s.rt.advance(2min);

  std::ofstream(s.root / "other") << "precious";
  fs::remove(s.path());
  fs::create_symlink(s.root / "other", s.path());
  s.keep(file, state::present, 1s);
  REQUIRE(s.empty_file());
  REQUIRE(fs::file_size(s.root / "other") == 8);
  REQUIRE(s.environment->counted->leader_files_repaired == 3);
  REQUIRE(s.log->lines(log_level::info).size() == 3);
  s.rt.advance(2min);

  file.keep(state::absent);
  s.write("");  // by another program
  s.keep(file, state::absent, 1s);
  REQUIRE_FALSE(s.exists());
}

TEST_CASE("a fight about the file is slow, and the end of the term does not wait") {
  stage s;
  leader_file file = s.make();
  for (int i = 0; i < 600; ++i) {
    file.keep(state::present);
    fs::remove(s.path());
    s.rt.advance(250ms);
  }
  REQUIRE(s.environment->counted->leader_files_repaired > 10);
  REQUIRE(s.environment->counted->leader_files_repaired < 30);
  REQUIRE(s.log->lines(log_level::warn).size() == 1);
  s.write("");
  file.keep(state::absent);
  REQUIRE_FALSE(s.exists());
}

TEST_CASE("a folder that appears later gets the file") {
  stage s;
  fs::remove(s.root / "alloc");
  leader_file file = s.make();
  s.keep(file, state::absent);
  REQUIRE(s.log->lines(log_level::error).empty());
  s.keep(file, state::present);
  const auto errors = s.log->lines(log_level::error);
  REQUIRE(errors.size() == 1);
  REQUIRE(errors.front().ends_with("wanted=present error=No such file or directory"));
  REQUIRE_FALSE(file.in_step());
  fs::create_directory(s.root / "alloc");
  s.keep(file, state::present, 1250ms);
  REQUIRE(s.empty_file());
  REQUIRE(file.in_step());
  // The folder goes, as one that a scheduler cleans, and comes back.
  fs::remove_all(s.root / "alloc");
  s.keep(file, state::present, 1s);
  fs::create_directory(s.root / "alloc");
  s.keep(file, state::present, 2s);
  REQUIRE(s.empty_file());
}

TEST_CASE("a removal that fails is tried until it works") {
  stage s;
  leader_file file = s.make();
  file.keep(state::present);
  fs::remove(s.path());
  fs::create_directory(s.path());  // no unlink of a folder works
  s.keep(file, state::absent);
  const auto errors = s.log->lines(log_level::error);
  REQUIRE(errors.size() == 1);
  REQUIRE(errors.front().ends_with(
      "wanted=absent error=a folder has this path: remove it, or choose another file"));
  fs::remove(s.path());
  s.write("");
  s.keep(file, state::absent, 1250ms);
  REQUIRE_FALSE(s.exists());
  REQUIRE(s.log->lines(log_level::info) ==
          std::vector<std::string>{"leader file updated file=" + s.path().string() +
                                   " wanted=absent"});
}
