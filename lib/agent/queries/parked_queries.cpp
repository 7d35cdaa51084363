#include "agent/queries/parked_queries.hpp"

#include <utility>

#include "runtime/ensure.hpp"

namespace tenure::agent {

void parked_queries::ask(query q, std::uint64_t after, time_point deadline, request_id id) {
  const std::uint64_t index = reader_.index(q);
  if (after == 0 || query_reader::news(q, index, after)) {
    sink_.answered(id, reader_.answer(q, index));
    return;
  }
  const auto [place, inserted] = parked_.try_emplace(id, *this, std::move(q), after, index, id);
  runtime::ensure(inserted, "a request's id is not in use");
  parked& p = place->second;
  p.missing = reader_.missing(p.q);
  reader_.watch(p.q).add(p);
  timers_.arm(p, deadline);
}

void parked_queries::serve_woken() {
  while (watcher* next = woken_.take_first()) {
    auto& p = static_cast<parked&>(*next);
    const std::uint64_t index = reader_.index(p.q);
    const bool was_missing = std::exchange(p.missing, reader_.missing(p.q));
    const bool news = !(was_missing && p.missing) || reader_.traits().missing_wakes_for_neighbours;
    if (news && query_reader::news(p.q, index, p.after)) {
      finish(p, index);
      continue;
    }
    p.seen = index;
    reader_.watch(p.q).add(p);
  }
}

void parked_queries::return_woken() {
  while (watcher* next = woken_.take_first()) {
    auto& p = static_cast<parked&>(*next);
    reader_.watch(p.q).add(p);
  }
}

void parked_queries::abandon(request_id id) {
  const auto found = parked_.find(id);
  if (found != parked_.end()) found->second.abandoned = true;
}

void parked_queries::release_all() {
  while (!parked_.empty()) {
    parked& p = parked_.begin()->second;
    finish(p, p.seen);
  }
}

void parked_queries::finish(parked& p, std::uint64_t index) {
  timers_.disarm(p);
  const request_id id = p.id;
  if (!p.abandoned) sink_.answered(id, reader_.answer(p.q, index));
  parked_.erase(id);
}

void parked_queries::parked::timed_out(timer& t) noexcept {
  auto& p = static_cast<parked&>(t);
  p.owner.finish(p, p.seen);
}

}  // namespace tenure::agent
