// The public status of one election, as the HTTP server reports it: rendered once for all clients.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/config/election_options.hpp"
#include "sidecar/http/subscription.hpp"
#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

/// One term of any process, as this process saw it.
struct observed_term {
  std::string value;
  std::uint64_t fence = 0;
  bool ours = false;
  std::chrono::system_clock::time_point since;
  /// Nothing while it lasts.
  std::optional<std::chrono::system_clock::time_point> until = std::nullopt;
  end_reason why = end_reason::none;  ///< of our own terms
};

/// A failure to read or write an election's key that lasts.
struct consul_failure {
  error_code why;
  std::chrono::system_clock::time_point since;
};

/// How much of an election detail_json() shows.
struct detail_limits {
  std::size_t terms = 0;
  /// Longer values are cut. A value may have half a megabyte.
  std::size_t value_bytes = std::string::npos;
};

class election_status {
 public:
  static constexpr std::size_t max_terms = 20;

  election_status(entered_election& e, election_options o, std::size_t index);

  /// Whether this process leads, and the stop of its term is not due.
  bool leads_now() const;
  /// The name of the leader, for clients that compare it with the name of their host: our own value
  /// only while our term runs and its stop is not due. Empty without a leader.
  std::string leader_name() const;
  /// {"name":...,"last_update":...} as of now; {} before the first result from Consul.
  std::string json() const;
  /// The same as a server-sent event: `data: JSON` and an empty line.
  std::shared_ptr<const std::string> sse_frame() const;
  /// The same with an `id:` line before it.
  std::shared_ptr<const std::string> sse_frame_with_id() const;
  /// Identifies this version of the status among those of all processes.
  std::string event_id() const;
  /// Who holds the key, as one word:
  /// unknown     it was never read
  /// free        no session holds it
  /// led         its holder leads, or may; the value may be empty
  /// namesake    a session of another process holds it under our value
  /// claimed     our session holds it, and no term runs
  /// quarantine  our session holds it, and waits for the lease of a predecessor to end
  /// stopping    our term is over or about to be, and its work still stops
  std::string_view key_state() const;
  /// The rest of our own lease; nothing once it has ended, or while another process leads.
  std::optional<duration> remaining_lease() const;

  /// Whether the key has been read once.
  bool known() const noexcept { return known_; }
  /// Grows whenever the reported leader changes.
  std::uint64_t version() const noexcept { return version_; }
  std::uint64_t leader_changes() const noexcept { return leader_changes_; }
  /// The last terms, the newest last.
  const std::deque<observed_term>& terms() const noexcept { return terms_; }

  /// The election was removed: no leader from now on, and `election` is not used any more.
  void retire();
  bool retired() const noexcept { return retired_; }

  /// Records the present term.
  void update_terms();
  /// Takes over the election's present state. Whether json() has changed.
  bool update();
  /// Takes over whether the last request to Consul failed. Whether that has changed.
  bool update_failure();
  /// Nothing while requests succeed.
  const std::optional<consul_failure>& failure() const noexcept { return failure_; }

  entered_election& election;
  const election_options options;
  std::size_t index;
  std::list<subscription> subscribers;

 private:
  void render();

  bool known_ = false;
  bool retired_ = false;
  std::uint64_t version_ = 0;
  std::uint64_t leader_changes_ = 0;
  std::deque<observed_term> terms_;
  std::string name_;
  std::chrono::system_clock::time_point last_update_;
  std::optional<consul_failure> failure_;
  std::shared_ptr<const std::string> frame_;
};

/// All that is known of an election, as a JSON object.
std::string detail_json(const election_status& e, detail_limits limits);

}  // namespace tenure::sidecar
