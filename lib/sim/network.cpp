#include "sim/network.hpp"

#include <algorithm>

namespace tenure::sim {

using namespace std::chrono_literals;

bool network::happens(double share, const char* probe) {
  if (share == 0 || !world_.chance_of(share)) return false;
  world_.probes.hit(probe);
  return true;
}

duration network::latency(const link_faults& faults, runtime::lane where) {
  duration d = world_.chance_of(rates_.slow) ? world_.between(rates_.quick_most, rates_.slow_most)
                                             : world_.between(50us, rates_.quick_most);
  const time_point clogged = faults.clogged_until[static_cast<std::size_t>(where)];
  if (clogged > world_.now()) d += clogged - world_.now();
  return d;
}

fate network::draw(const link_faults& faults, runtime::lane where) {
  fate f;
  const time_point now = world_.now();
  f.request_delay = latency(faults, where);
  f.response_delay = latency(faults, where);
  // A partition loses the message or delays it until the end of the partition.
  if (now < faults.out_cut_until) {
    if (world_.chance_of(0.6))
      f.lost_before = true;
    else
      f.request_delay += faults.out_cut_until - now + world_.between(0s, 5s);
    world_.probes.hit("request met a partition");
  }
  if (now + f.request_delay < faults.in_cut_until) {
    if (world_.chance_of(0.6))
      f.lost_after = true;
    else
      f.response_delay += faults.in_cut_until - now;
    world_.probes.hit("answer met a partition");
  }
  if (happens(rates_.lost_before, "request lost")) f.lost_before = true;
  if (happens(rates_.lost_after, "answer lost")) f.lost_after = true;
  if (happens(rates_.late, "request late")) f.request_delay += world_.between(1s, 30s);
  if (happens(rates_.late_answer, "answer late"))
    f.response_delay += world_.between(0s, rates_.late_answer_most);
  if (happens(rates_.reset_after, "connection reset after the request was carried out"))
    f.reset_after = true;
  if (happens(rates_.reset_before, "connection reset")) {
    f.reset_at = world_.between(0s, 2 * f.request_delay);
    // A request sent before the reset may still arrive, now or later.
    if (world_.chance_of(0.3))
      f.lost_before = true;
    else if (world_.chance_of(0.3))
      f.request_delay += world_.between(0s, 10s);
  }
  return f;
}

std::optional<duration> network::dial(const link_faults& faults, runtime::lane where) {
  const time_point now = world_.now();
  if (now < faults.out_cut_until || now < faults.in_cut_until) return std::nullopt;
  return latency(faults, where);
}

void network::stop_faults() {
  rates_ = network_rates();
  rates_.quick_most = 2ms;
}

void network::delay_answers(duration most) noexcept {
  rates_.slow = 0.2;
  rates_.slow_most = most;
}

}  // namespace tenure::sim
