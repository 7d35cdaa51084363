#include <string>
#include <tenure/bad_configuration.hpp>
#include <tenure/elections_options.hpp>

namespace tenure {

using namespace std::chrono_literals;

void elections_options::check() const {
  if (sessions_ == 0) throw bad_configuration("0 sessions cannot hold a key: use 1 or more");
  if (liveness_ && (*liveness_ < 500ms || *liveness_ > 10min)) {
    throw bad_configuration("a liveness of " + std::to_string(*liveness_ / 1ms) +
                            " ms is out of range: use 500 ms to 10 min, or none");
  }
  if (wait_ < 1s || wait_ > 60s) {
    throw bad_configuration("a wait of " + std::to_string(wait_ / 1ms) +
                            " ms is out of range: use 1 s to 60 s");
  }
}

}  // namespace tenure
