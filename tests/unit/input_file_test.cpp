// Files that a user names, and that need not be files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <tenure/toolkit/input_file.hpp>

TEST_CASE("a FIFO whose writer keeps silent is given up") {
  namespace fs = std::filesystem;
  std::string name = (fs::temp_directory_path() / "input_file_XXXXXX").string();
  const fs::path root = ::mkdtemp(name.data());
  const fs::path path = root / "fifo";
  REQUIRE(::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) == 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(writer >= 0);
  const auto silent = tenure::runtime::read_input(path.string());
  CHECK(silent.problem == "its writer does not come to an end");
  CHECK(silent.text.empty());
  using tenure::runtime::input_kind;
  const auto at_once = tenure::runtime::read_input(path.string(), 100, input_kind::regular);
  CHECK(at_once.problem == "it is no regular file");
  ::close(writer);
  fs::remove_all(root);
}
