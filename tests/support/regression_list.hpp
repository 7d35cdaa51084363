// The seeds of a simulation that failed once: a file with a line for each, the seed and what it
// found. Tests run all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace tenure::test {

class regression_list {
 public:
  explicit regression_list(std::string file) : file_(std::move(file)) {}

  std::vector<std::uint64_t> seeds() const {
    std::vector<std::uint64_t> seeds;
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
    }
    return seeds;
  }

  /// Appends a seed that is not in the list.
  void add(std::uint64_t seed, const std::string& violation) const {
    const std::vector<std::uint64_t> known = seeds();
    if (std::find(known.begin(), known.end(), seed) != known.end()) return;
    std::ofstream out(file_, std::ios::app);
    out << seed << "  " << violation << '\n';
  }

 private:
  std::string file_;
};

}  // namespace tenure::test
