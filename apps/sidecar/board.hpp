// What the HTTP face knows of every election, ready to be sent: one text that all who ask share.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sidecar/faces.hpp"
#include "wire/http_server.hpp"

namespace tenure::sidecar {

/// Somebody led, from then until then.
class spell {
 public:
  std::string value;
  std::uint64_t fence = 0;
  bool ours = false;
  std::chrono::system_clock::time_point since;
  std::optional<std::chrono::system_clock::time_point> until;
  end_reason why = end_reason::none;  ///< where it was ours
};

/// An open stream, as whoever has news for it knows it. One that is over meanwhile is no matter.
class subscription {
 public:
  subscription(wire::http_server& server, std::uint64_t id) : server_(&server), id_(id) {}
  void wake() const { server_->resume(id_); }

 private:
  wire::http_server* server_;
  std::uint64_t id_;
};

class board_entry {
 public:
  board_entry(standing_election& e, election_terms t)
      : election(e), terms(std::move(t)) {}

  /// Who leads, for a client that compares it with the name of its own host: our own value while
  /// our term goes on and does not have to stop, and never else. Empty where nobody leads.
  std::string leader_now() const;
  /// {"name":...,"last_update":...} as of now; {} before anything is known.
  std::string body() const;
  /// `data: BODY`, an empty line.
  std::shared_ptr<const std::string> frame() const;
  /// The same after a line with the id.
  std::shared_ptr<const std::string> frame_with_id() const;
  /// Names this state of this process: no other process gives the same.
  std::string id() const;
  /// How much longer our own lease lasts; nothing where we do not lead.
  std::optional<duration> lease() const;

  standing_election& election;
  election_terms terms;
  std::size_t index = 0;
  bool known = false;
  std::uint64_t version = 0;  ///< of what is told
  std::uint64_t leader_changes = 0;
  std::deque<spell> spells;   ///< the newest last
  std::list<subscription> subscribers;

 private:
  friend class board;
  void render();

  std::string name_;
  std::chrono::system_clock::time_point last_update_;
  std::shared_ptr<const std::string> frame_;
};

/// What happened since the start, over all elections.
class board_sums {
 public:
  std::uint64_t won = 0;
  std::uint64_t lost = 0;
  std::uint64_t leader_changes = 0;
  static constexpr std::size_t reasons = static_cast<std::size_t>(end_reason::shut_down) + 1;
  std::uint64_t ended[reasons] = {};  ///< our own terms, by end_reason
};

class board {
 public:
  static constexpr std::size_t most_spells = 20;

  board_entry& add(standing_election& e, const election_terms& terms);
  /// Takes over the election's present status. Whether what is told of it has changed.
  bool update(board_entry& e);

  board_entry* find(std::string_view name);
  /// Entries stay where they are.
  const std::vector<std::unique_ptr<board_entry>>& entries() const noexcept { return entries_; }
  const board_sums& sums() const noexcept { return sums_; }
  /// Whether every election's key has been seen.
  bool all_known() const noexcept { return known_ == entries_.size(); }

 private:
  void note_spell(board_entry& e, const status& now);
  void count(board_entry& e, const status& now);

  std::vector<std::unique_ptr<board_entry>> entries_;
  std::unordered_map<std::string, board_entry*> by_name_;
  board_sums sums_;
  std::size_t known_ = 0;
  std::unordered_map<const board_entry*, term> our_terms_;  ///< that are counted as won
};

/// The election as an object for people and programs that want to know more than who leads.
/// `spells`: how many of the last.
std::string detail_json(const board_entry& e, std::size_t spells);

}  // namespace tenure::sidecar
