// A part of the sidecar that serves all of its elections: the HTTP server, the control socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "sidecar/config/election_options.hpp"
#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

class component {
 public:
  virtual ~component() = default;
  /// The output by which the component follows one election; null where it does not. Called once
  /// for each election: at the start, or when a reload adds it.
  virtual std::shared_ptr<output> make_output(entered_election& election,
                                              const election_options& options) = 0;
  /// Why make_output() refuses an election; empty: it does not.
  virtual std::string error_in(const election_options&) const { return {}; }
  /// A reload has removed the election, and its outputs have ended. It is destroyed next.
  virtual void remove(const std::string&) {}
  /// The sidecar stops; the elections are given up next.
  virtual void ending() {}
  /// Same contract as output::run().
  virtual boost::asio::awaitable<void> run() = 0;
};

}  // namespace tenure::sidecar
