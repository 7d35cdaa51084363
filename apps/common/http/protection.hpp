// How a program protects its HTTP server: a token, TLS, and the hosts that it answers for.
#pragma once

#include <boost/system/error_code.hpp>
#include <functional>
#include <optional>
#include <string>
#include <tenure/log.hpp>
#include <tenure/toolkit/http_access.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <tenure/toolkit/server_tls.hpp>
#include <vector>

namespace tenure::apps {

class http_protection {
 public:
  std::string token;       ///< that requests need; empty, with token_file: none
  std::string token_file;  ///< comes before `token`
  wire::server_tls_files tls;  ///< for `https://` addresses
  std::vector<std::string> hosts;

  /// Takes the values that are still empty from TENURE_HTTP_TOKEN, TENURE_HTTP_TOKEN_FILE,
  /// TENURE_HTTP_TLS_CERT, TENURE_HTTP_TLS_KEY, TENURE_HTTP_TLS_CLIENT_CA and TENURE_HTTP_HOSTS
  /// (names with commas between them). Throws bad_configuration for a token or a token file that
  /// is set and empty: the server would be open.
  void take_environment(const std::function<std::optional<std::string>(const char*)>& variable);
  /// What is wrong with the values for these addresses, as one text; empty if nothing is. Reads no
  /// file.
  std::string mistake(const std::vector<std::string>& addresses) const;

  /// Read the files. Throw bad_configuration, whose text names the file.
  std::shared_ptr<wire::bearer_token> make_token(std::shared_ptr<log_sink> log) const;
  std::optional<wire::server_tls> make_tls(std::shared_ptr<log_sink> log) const;
};

/// Listens with TLS if the address begins with https://. Throws as http_server::listen() does.
unsigned short listen(wire::http_server& server, const std::string& address,
                      const std::optional<wire::server_tls>& tls);

/// The exit code of a program that cannot listen, or cannot open what it needs for it: 69 for what
/// may be free at the next try, such as an address in use, and 64 for what the user has to correct.
int exit_code_of_listening(const boost::system::error_code& error) noexcept;

}  // namespace tenure::apps
