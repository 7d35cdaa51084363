// Runs the committed inputs of one target: `fuzz_replay TARGET FOLDER`. An input fails the test if
// it crashes the program or takes longer than any reader may.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "target.hpp"

namespace {

using namespace std::chrono_literals;

/// Far above what an input takes without optimization on a busy machine. Inputs that once took
/// quadratic time are in the corpus.
constexpr auto longest = 20s;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

int replay(const tenure::fuzz::target& one, const char* folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  int slow = 0;
  for (const std::filesystem::path& file : files) {
    std::printf("%s\n", file.filename().c_str());
    std::fflush(stdout);  // the last line names the input of a crash
    const auto begin = std::chrono::steady_clock::now();
    one.run(read(file));
    if (std::chrono::steady_clock::now() - begin < longest) continue;
    std::printf("took too long\n");
    ++slow;
  }
  std::printf("%s: %zu inputs\n", one.name, files.size());
  return files.empty() || slow > 0 ? 1 : 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count == 3) {
    for (const tenure::fuzz::target* one : tenure::fuzz::target::all())
      if (std::strcmp(one->name, arguments[1]) == 0) return replay(*one, arguments[2]);
  }
  std::fprintf(stderr, "usage: fuzz_replay TARGET FOLDER\n");
  return 64;
}
