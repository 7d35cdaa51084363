#include <string>
#include <tenure/bad_configuration.hpp>
#include <tenure/elections_options.hpp>
#include <tenure/toolkit/duration_text.hpp>

namespace tenure {

using namespace std::chrono_literals;

void elections_options::check() const {
  if (sessions_ == 0) throw bad_configuration("0 sessions cannot hold a key: use 1 or more");
  if (liveness_ && (*liveness_ < 500ms || *liveness_ > 10min)) {
    throw bad_configuration("a liveness of " + text::duration_text(*liveness_) +
                            " is out of range: use 500ms to 10m, or none");
  }
  if (wait_ < 1s || wait_ > 60s) {
    throw bad_configuration("a wait of " + text::duration_text(wait_) +
                            " is out of range: use 1s to 60s");
  }
}

}  // namespace tenure
