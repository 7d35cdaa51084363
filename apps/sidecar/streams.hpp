// What is sent on and on: one election's frames, and the feed of all of them for the status page.
// Each client gets the newest state when it takes it, and nothing is kept for it meanwhile.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <list>
#include <vector>

#include "runtime/timers.hpp"
#include "sidecar/board.hpp"
#include "wire/http_server.hpp"

namespace tenure::sidecar {

/// What a subscriber asked for beyond the elector's frames.
class stream_wishes {
 public:
  bool ids = false;
  std::string last_id;                ///< what it has seen
  std::optional<duration> heartbeat;  ///< a comment after so much silence
};

class election_stream final : public wire::http_stream {
 public:
  election_stream(board_entry& e, runtime::timers& timers, stream_wishes wishes,
                  subscription self);
  ~election_stream() override;

  std::shared_ptr<const std::string> next() override;

 private:
  class beat final : public runtime::timer {
   public:
    explicit beat(election_stream& s) noexcept;
    election_stream& stream;
  };
  void rest();

  board_entry& entry_;
  runtime::timers& timers_;
  stream_wishes wishes_;
  subscription self_;
  std::list<subscription>::iterator place_;
  std::optional<std::uint64_t> sent_;  ///< the version
  beat beat_;
  bool beat_due_ = false;
};

/// All elections, as events: `hello`, then `state` with the objects of those that are new to this
/// client, at most so many at a time, and `lease` with the remaining leases when told.
class feed_stream final : public wire::http_stream {
 public:
  feed_stream(board& b, std::set<feed_stream*>& feeds, std::string hello,
              subscription self);
  ~feed_stream() override;

  std::shared_ptr<const std::string> next() override;
  void mark(std::size_t index) { dirty_[index] = true; }
  void leases_due() { leases_ = true; }
  void wake() const { self_.wake(); }

 private:
  board& board_;
  std::set<feed_stream*>& feeds_;
  std::string hello_;
  subscription self_;
  std::vector<bool> dirty_;
  std::size_t cursor_ = 0;
  bool leases_ = true;
};

/// The details of all elections, as one JSON array.
class list_stream final : public wire::http_stream {
 public:
  explicit list_stream(board& b) : board_(b) {}
  std::shared_ptr<const std::string> next() override;
  bool over() const noexcept override { return ended_; }

 private:
  board& board_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace tenure::sidecar
