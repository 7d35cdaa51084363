// The interface between a sidecar and its outputs. The sidecar takes part in the elections; an
// output makes the state of one election visible outside: over HTTP, in a Consul service, by hooks,
// by a command.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tenure/elections.hpp>

namespace tenure::sidecar {

/// Ends the sidecar: with one line of text for people, and the exit code of the process.
class fatal_error : public std::runtime_error {
 public:
  fatal_error(int exit_code, const std::string& text)
      : std::runtime_error(text), exit_code_(exit_code) {}
  int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

/// The newest state of one election. Plain values.
struct election_state {
  std::string name;  ///< the election's, in the configuration
  std::string key;
  tenure::standing standing = tenure::standing::watching;
  tenure::term term;      ///< while leading or stopping
  tenure::leader leader;  ///< the holder of the key, as last seen
  end_reason last_end = end_reason::none;
  time_point starts_at{};  ///< while pending: when our term will start
  std::uint64_t changes = 0;  ///< grows with each change; 0: nothing is known yet
  /// When the present leader was first seen, by the wall clock: for people.
  std::chrono::system_clock::time_point since;
};

/// One way to make an election visible. Lives on the thread of the io_context, always in a
/// shared_ptr.
class output {
 public:
  virtual ~output() = default;
  /// A newer state; called for the first one as well. Must not block.
  virtual void changed(const election_state& now) = 0;
  /// The work of the leader: started when a term begins, cancelled (terminal) at the term's
  /// stop_at(). The sidecar releases the key only after lead() of every output has returned.
  /// Default: returns at once; that does not end the term.
  virtual boost::asio::awaitable<void> lead(term t);
  /// Runs as long as the sidecar. Ends by cancellation (terminal), and first removes whatever must
  /// not outlive the sidecar; it resets its cancellation state for that. An exception ends the
  /// sidecar with the exception's text; a fatal_error sets the exit code too. Default: returns at
  /// once.
  virtual boost::asio::awaitable<void> run();

  // The way out of an election: a stop of the sidecar, or a reload that removes or restarts it.

  /// It has begun. Called before lead() and run() are cancelled. What run() and lead() still do
  /// should be done by `deadline`.
  virtual void ending(time_point) {}
  /// The deadline has come: kills the processes that this output runs.
  virtual void abandon() {}
  /// What is not done, in a few words, for a line of the log; empty: nothing.
  virtual std::string unfinished() const { return {}; }
};

/// An election of the sidecar, as outputs may use it. Outlives them.
class entered_election {
 public:
  virtual const std::string& name() const noexcept = 0;
  virtual tenure::election& handle() noexcept = 0;
  virtual const election_state& state() const noexcept = 0;
  /// false: give up the term (health_failed), and do not stand again until every output that said
  /// false has said true.
  virtual void set_healthy(const output& by, bool healthy) = 0;
  /// Whether the work of the present term has to stop. From then on, nothing may give or prolong a
  /// promise of leadership.
  virtual bool giving_up() const noexcept { return false; }
  /// Whether a reload added it: what it lacks must not end the sidecar and the other elections.
  virtual bool added_by_reload() const noexcept { return false; }

 protected:
  ~entered_election() = default;
};

}  // namespace tenure::sidecar
