// The seam between a sidecar and its faces. The sidecar stands in the elections; a face tells the
// outside of one of them: over HTTP, in a Consul service, by hooks, by a command, ...
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <tenure/elections.hpp>

namespace tenure::sidecar {

/// What ends the sidecar: the text is for people, one line; the code is the process's.
class fatal_error : public std::runtime_error {
 public:
  fatal_error(int exit_code, const std::string& text)
      : std::runtime_error(text), exit_code_(exit_code) {}
  int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

/// How one election stands now. Plain values.
class status {
 public:
  std::string name;  ///< the election's, in the configuration
  std::string key;
  tenure::standing standing = tenure::standing::watching;
  tenure::term term;      ///< while leading or stopping
  tenure::leader leader;  ///< who holds the key, as last seen
  end_reason last_end = end_reason::none;
  time_point starts_at{};     ///< while pending
  std::uint64_t changes = 0;  ///< grows with each change; 0: nothing is known yet
  /// Since when there is the present leader, by the wall clock: for people.
  std::chrono::system_clock::time_point since;
};

/// One way in which an election is told to the outside. Lives on the io_context's thread. A face is
/// always held by a shared_ptr.
class face {
 public:
  virtual ~face() = default;
  /// A newer status. Must not block; called for the first one as well.
  virtual void changed(const status& now) = 0;
  /// What is to be done while this process leads: started when a term begins, cancelled (terminal)
  /// at the term's stop_at(). The key is released only after every face's lead() has returned.
  /// Default: returns at once; that does not end the term.
  virtual boost::asio::awaitable<void> lead(term t);
  /// Runs for as long as the sidecar; ends by cancellation (terminal), and undoes on its way out
  /// what must not stay (it resets its cancellation state for that). An exception that it throws
  /// ends the sidecar with that error's text: fatal_error gives the exit code as well. Default:
  /// returns at once.
  virtual boost::asio::awaitable<void> run();
};

/// An election of the sidecar as faces may use it. Outlives them.
class standing_election {
 public:
  virtual const std::string& name() const noexcept = 0;
  virtual tenure::election& handle() noexcept = 0;
  virtual const status& now() const noexcept = 0;
  /// false: give the term up (health_failed) and do not stand until true.
  virtual void set_healthy(bool healthy) = 0;

 protected:
  ~standing_election() = default;
};

}  // namespace tenure::sidecar
