// What a request to Consul sent and no text for people may repeat. A server, or a proxy before it,
// may repeat a request in its answer.
//
// Part of tenure::toolkit, which this project's programs share with the library: no promise of
// stability between minor versions.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

namespace tenure::text {

/// The token, the credentials of CONSUL_HTTP_AUTH and the values of one request.
class request_secrets {
 public:
  /// `basic_auth` is USER:PASSWORD. `body` is that of a transaction, or another.
  request_secrets(std::string_view token, std::string_view basic_auth, std::string_view body);

  /// `text` with "(hidden)" for each of them, as it is, in JSON and in base64, and for the values
  /// of keys. Stops after `most` bytes.
  std::string hidden(std::string_view text, std::size_t most) const;

 private:
  struct form {
    std::string text;
    bool in_part;  ///< the beginning of it is hidden as well, if it is long enough to know it by
  };

  void add(std::string_view secret, std::size_t shortest);
  std::size_t secret_at(std::string_view text) const noexcept;

  std::vector<form> forms_;
  std::bitset<256> begins_;  ///< the first byte of any form
};

}  // namespace tenure::text
