#include "sim/write_checker.hpp"

#include "sim/text_scan.hpp"

namespace tenure::sim {

std::uint64_t write_checker::begin() {
  writes_[++last_id_];
  return last_id_;
}

void write_checker::end(std::uint64_t id, write_result reported) {
  tracked_write& w = writes_[id];
  w.reported = true;
  w.result = reported;
  if (reported == write_result::done && !w.landed) {
    world_.report_violation(
        "S5", "write " + std::to_string(id) + " was reported done, but never landed");
  }
  if (reported == write_result::unknown) {
    world_.probes.hit("guarded write with unknown outcome");
  }
  check(id, w);
}

void write_checker::check(std::uint64_t id, const tracked_write& w) {
  if (w.landed && w.reported && w.result == write_result::not_done) {
    world_.report_violation("S5",
                            "write " + std::to_string(id) + " was reported failed, but landed");
  }
}

std::string write_checker::write_text(const tenure::term& t, std::uint64_t id) {
  return "fence " + std::to_string(t.fence()) + " write " + std::to_string(id);
}

void write_checker::fenced_write(const tracked_term& t) {
  std::uint64_t& greatest = ranks_[t.term.key()];
  if (t.rank < greatest) {
    world_.probes.hit("write refused by its fence");
    if (t.lease_open(world_.now()) && !t.excused && t.overtaken.empty()) {
      world_.report_violation("S5", t.name() + " leads, but its fence is refused");
    }
    return;
  }
  greatest = t.rank;
}

void write_checker::landed(const key_change& change) {
  if (!change.after) return;
  const std::string election = change.key.substr(data_key("").size());
  const std::uint64_t fence = number_after(change.after->value, "fence ");
  const std::uint64_t id = number_after(change.after->value, "write ");
  world_.note("store", "data", change.key, fence, id);
  const std::uint64_t before =
      change.before ? number_after(change.before->value, "fence ") : std::uint64_t{0};
  const holding* now = truth_.of(election).current();
  if (fence < before || now == nullptr || now->fence != fence) {
    world_.report_violation("S5", "a write of fence " + std::to_string(fence) + " lands in " +
                                      change.key + " under fence " +
                                      std::to_string(now != nullptr ? now->fence : 0));
  }
  world_.probes.hit("guarded write");
  tracked_write& w = writes_[id];
  w.landed = true;
  check(id, w);
}

void write_checker::final_check() {
  for (const auto& [id, w] : writes_) check(id, w);
}

}  // namespace tenure::sim
