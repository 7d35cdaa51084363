// Who may send requests to an HTTP server: the hosts that it answers for, and a token.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tenure/bad_configuration.hpp>
#include <tenure/log.hpp>
#include <vector>

namespace tenure::wire {

/// A secret that clients send as `Authorization: Bearer TOKEN`. Its comparisons take the same time
/// wherever two texts differ.
class bearer_token {
 public:
  virtual ~bearer_token() = default;
  virtual bool equals(std::string_view secret) = 0;  ///< whether the secret is the token of now
  /// Whether the value of an Authorization header has it as a bearer token.
  bool in_bearer(std::string_view authorization);
  /// Whether the value of an Authorization header has it as the password of any user: browsers ask
  /// for that, and cannot send a bearer token when they load a page.
  bool in_basic(std::string_view authorization);
};

/// Throws bad_configuration, which does not contain the token, if it could not be sent.
std::shared_ptr<bearer_token> token_of(std::string value);
/// The text of the file, without white space at its end, read again when the file changes. If the
/// new text is of no use, the last token stays, and a warning says so. Throws bad_configuration.
std::shared_ptr<bearer_token> token_in_file(std::string path,
                                            std::shared_ptr<log_sink> log = silent_log());

/// Which requests a server answers. Plain values; the token is shared.
class http_access {
 public:
  /// Names by which clients may call a server on the loopback, beside those of the loopback, IP
  /// addresses and the name in its address. The server refuses a request for any other host: a
  /// page of any site can have its own name resolved to 127.0.0.1, and its scripts would then read
  /// and change what the server serves (DNS rebinding).
  std::vector<std::string> hosts;
  /// Which a request needs; null: none. A GET or HEAD may have it as the password of a user.
  std::shared_ptr<bearer_token> token;
  /// The paths of requests that need no token.
  std::vector<std::string> open_paths{"/healthz", "/readyz"};
  /// Answer as Consul: the token may come as X-Consul-Token, and a missing one is a 403.
  bool as_consul = false;
};

}  // namespace tenure::wire
