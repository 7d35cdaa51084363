// Whether a path still leads to the socket of this process. Any kind of file will do.
#include <catch2/catch_test_macros.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "wire/socket_file.hpp"

using tenure::wire::socket_file;
namespace fs = std::filesystem;

TEST_CASE("a socket's file that was removed or replaced is not removed again") {
  std::string name = (fs::temp_directory_path() / "socket_file_XXXXXX").string();
  const fs::path root = ::mkdtemp(name.data());
  const fs::path path = root / "socket";
  std::ofstream(path) << "";
  const socket_file ours(path.string());
  REQUIRE(ours.present());

  fs::rename(path, root / "kept");  // it is open, so its inode is in use
  REQUIRE_FALSE(ours.present());
  ours.remove();
  std::ofstream(path) << "another process's";
  REQUIRE_FALSE(ours.present());
  ours.remove();
  REQUIRE(fs::exists(path));

  fs::rename(root / "kept", path);
  REQUIRE(ours.present());
  ours.remove();
  REQUIRE_FALSE(fs::exists(path));
  REQUIRE_FALSE(socket_file((root / "none").string()).present());
  fs::remove_all(root);
}
