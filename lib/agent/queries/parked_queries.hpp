// Blocking queries, parked until their answer may have changed or their wait is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "agent/answer_sink.hpp"
#include "agent/queries/query_reader.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::agent {

class parked_queries {
 public:
  /// The tables move the watchers that a change wakes into `woken`.
  parked_queries(const query_reader& reader, runtime::timer_heap& timers, answer_sink& sink,
                 watch_list& woken)
      : reader_(reader), timers_(timers), sink_(sink), woken_(woken) {}

  /// Answers as soon as the index is above `after`, and at `deadline` in any case.
  void ask(query q, std::uint64_t after, time_point deadline, request_id id);
  /// To be called after every change of the tables.
  void serve_woken();
  /// Parks the woken queries again, unserved, after a rollback. Serving them could show a poll on a
  /// missing key the index of other writes, which Consul would not have reported.
  void return_woken();
  void abandon(request_id id);
  void release_all();
  std::size_t size() const noexcept { return parked_.size(); }

 private:
  class parked : public watcher, public runtime::timer {
   public:
    parked(parked_queries& owner, query q, std::uint64_t after, std::uint64_t seen, request_id id)
        : timer(&parked::timed_out),
          owner(owner),
          q(std::move(q)),
          after(after),
          seen(seen),
          id(id) {}
    static void timed_out(timer& t) noexcept;

    parked_queries& owner;
    query q;
    std::uint64_t after;
    std::uint64_t seen;  ///< the index at its last evaluation; a time-out answers with it
    request_id id;
    bool missing = false;  ///< at its last evaluation
    bool abandoned = false;
  };
  void finish(parked& p, std::uint64_t index);

  const query_reader& reader_;
  runtime::timer_heap& timers_;
  answer_sink& sink_;
  watch_list& woken_;
  std::map<request_id, parked> parked_;
};

}  // namespace tenure::agent
