// Blocking queries: parked until what they ask for changes, or until their wait is over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "agent/answer_sink.hpp"
#include "agent/queries.hpp"
#include "runtime/timer_heap.hpp"

namespace tenure::agent {

class parked_queries {
 public:
  /// `woken` is where the tables put those who should look again.
  parked_queries(const query_reader& reader, runtime::timer_heap& timers, answer_sink& sink,
                 watch_list& woken)
      : reader_(reader), timers_(timers), sink_(sink), woken_(woken) {}

  /// Answers when the index is above `after`, at once or later, and at `deadline` whatever it is.
  void ask(query q, std::uint64_t after, time_point deadline, request_id id);
  /// To be called after every change of the tables.
  void serve_woken();
  /// The change that woke them was taken back: they go on waiting, without a look. A look could
  /// show a poll on a missing key the index of other writes, of which Consul would not have told.
  void return_woken();
  void abandon(request_id id);
  void release_all();
  std::size_t size() const noexcept { return parked_.size(); }

 private:
  class parked : public watcher, public runtime::timer {
   public:
    parked(parked_queries& owner, query q, std::uint64_t after, std::uint64_t seen, request_id id)
        : timer(&parked::over), owner(owner), q(std::move(q)), after(after), seen(seen), id(id) {}
    static void over(timer& t) noexcept;

    parked_queries& owner;
    query q;
    std::uint64_t after;
    std::uint64_t seen;  ///< the index when it last looked; a time-out answers with it
    request_id id;
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
