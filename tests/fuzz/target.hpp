// A target of the fuzzer: what reads bytes of an untrusted source. Each file of this folder defines
// one. Two drivers run them: libFuzzer invents inputs for one target, and replay.cpp runs the
// committed corpus of all of them as ordinary tests.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace tenure::fuzz {

class target {
 public:
  using run_input = void (*)(std::string_view input);

  target(const char* its_name, run_input its_run) : name(its_name), run(its_run) {
    all().push_back(this);
  }
  target(const target&) = delete;
  target& operator=(const target&) = delete;

  /// Those that are linked into this program.
  static std::vector<const target*>& all() {
    static std::vector<const target*> targets;
    return targets;
  }

  const char* const name;
  const run_input run;
};

/// Ends the process if `holds` is false: libFuzzer reports that as a crash.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: not true of this input: %s\n", what);
  std::abort();
}

/// Takes the first byte of an input, which chooses among the readers of a target.
inline unsigned take_choice(std::string_view& input, unsigned choices) {
  if (input.empty()) return 0;
  const auto first = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return first % choices;
}

}  // namespace tenure::fuzz
