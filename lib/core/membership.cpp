#include <string>
#include <tenure/bad_configuration.hpp>
#include <tenure/membership.hpp>
#include <tenure/toolkit/duration_text.hpp>

#include "core/group/member_name.hpp"
#include "core/group/plan_input.hpp"
#include "text/utf8.hpp"

namespace tenure {
namespace {

using namespace std::chrono_literals;

static_assert(membership::most_weight == core::most_weight);

}  // namespace

void membership::check() const {
  core::check_member_name(name_);
  how_.check();
  if (weight_ > most_weight) {
    throw bad_configuration("weight " + std::to_string(weight_) +
                            " is out of range: choose 0 to 1000000");
  }
  if (capacity_ && *capacity_ == core::no_limit) {
    throw bad_configuration("capacity " + std::to_string(*capacity_) +
                            " is out of range: leave it out for a member without a limit");
  }
  for (const auto& [name, value] : labels_) {
    if (name.empty())
      throw bad_configuration("a label needs a name: give one, or leave the label out");
    if (!text::is_utf8(name) || !text::is_utf8(value)) {
      throw bad_configuration(
          "labels are kept as JSON, so they have to be UTF-8: encode them, such as in base64");
    }
  }
  if (settling_time_ < 0s || settling_time_ > 24h) {
    throw bad_configuration("settling time " + text::duration_text(settling_time_) +
                            " is out of range: choose 0s to 24h");
  }
  if (moves_per_second_ == 0) {
    throw bad_configuration("0 moves per second is out of range: choose 1 or more");
  }
  if (hand_over_limit_ <= 0s || hand_over_limit_ > 24h) {
    throw bad_configuration("hand-over limit " + text::duration_text(hand_over_limit_) +
                            " is out of range: choose more than 0s, up to 24h");
  }
  if (drain_limit_ && (*drain_limit_ <= 0s || *drain_limit_ > 24h)) {
    throw bad_configuration("drain limit " + text::duration_text(*drain_limit_) +
                            " is out of range: choose more than 0s, up to 24h, or leave it out");
  }
}

}  // namespace tenure
