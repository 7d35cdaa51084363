#include "sim/process_set.hpp"

namespace tenure::sim {

void process_set::start(std::size_t slot) {
  const auto p = std::make_shared<process>(context_, next_number_++, slot);
  current_.push_back(p);
  p->start();
  if (settled_) p->settle();
}

void process_set::replace_later(const process_ptr& old, duration wait) {
  ++restarting_;
  context_.world.after(wait, [this, old] {
    --restarting_;
    std::erase(current_, old);
    replaced_.push_back(old);
    start(old->slot());
  });
}

void process_set::settle() {
  settled_ = true;
  for (const auto& p : current_) {
    p->link().faults = link_faults();
    p->settle();
  }
}

process_ptr process_set::random_alive() {
  std::vector<process_ptr> alive;
  for (const auto& p : current_) {
    if (p->alive()) alive.push_back(p);
  }
  return alive.empty() ? nullptr : alive[context_.world.below(alive.size())];
}

std::vector<process_ptr> process_set::all() const {
  std::vector<process_ptr> all = current_;
  all.insert(all.end(), replaced_.begin(), replaced_.end());
  return all;
}

std::int64_t process_set::lost_claims() const {
  std::int64_t sum = 0;
  for (const process_ptr& p : all()) sum += p->lost_claims();
  return sum;
}

}  // namespace tenure::sim
