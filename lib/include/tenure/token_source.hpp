// A token that changes while the process runs: from a file, from a command, or from your own code.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <tenure/time.hpp>

namespace tenure {

/// Why Consul refused a token.
enum class token_refusal {
  unknown_token,  ///< revoked, expired, or so new that this server does not know it yet
  missing_right,  ///< the token is known, and lacks a right
};

/// Where requests get their token. Objects of one thread share it.
///
/// A token that is replaced before the old one is revoked costs no term: each request takes the
/// token when it begins, and a request that Consul refuses for its token (it had no effect) is made
/// again with the new one.
class token_source {
 public:
  virtual ~token_source() = default;

  /// The token for a request that begins now; empty: none. Called for each request, so it must be
  /// cheap and must not block.
  virtual std::string token() = 0;

  /// Consul refused a request with `token`. true: another token may come within seconds. If Consul
  /// does not know the token, the request then waits for another one, at most until its own
  /// deadline, and this is called again every 100 ms. A request that lacks a right does not wait.
  /// A source that creates tokens should create few for a missing right: each may lack it again.
  /// Must not block.
  virtual bool refused(const std::string& token, token_refusal why) = 0;
};

/// The token in a file, white space around it removed. Each request looks whether the file has
/// changed. While the file is empty or cannot be read, the last token stays in use, and one warning
/// says so. Throws bad_configuration if the file cannot be read now.
std::shared_ptr<token_source> token_from_file(std::string path,
                                              std::shared_ptr<log_sink> log = silent_log());

/// The first line that a shell command (/bin/sh -c) prints, such as `vault read -field=token
/// consul/creds/leader`. A thread runs the command every `interval`, and at once when Consul does
/// not know the token. If each new token is refused as well, the command runs ever less often, down
/// to once an `interval`. A missing right runs it once more an `interval`. If the command fails,
/// the last token stays in use, and one warning says so. The command has 10 s and 64 KiB.
/// Runs it once now: blocks, and throws bad_configuration if it prints no token.
std::shared_ptr<token_source> token_from_command(std::string command,
                                                 duration interval = std::chrono::minutes(5),
                                                 std::shared_ptr<log_sink> log = silent_log());

}  // namespace tenure
