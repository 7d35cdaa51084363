// Decides whether a request may reach the service, by its Host and its token. Private to wire.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/http_access.hpp>
#include <vector>

#include "wire/request_header.hpp"

namespace tenure::wire {

/// What the header of a request says about its host and its sender.
class presented_access {
 public:
  std::string_view method;
  std::string_view target;  ///< as sent: it may name its server
  std::string_view host;
  std::string_view authorization;
  std::string_view consul_token;
};

class access_check {
 public:
  access_check(const http_access& access, std::shared_ptr<log_sink> log);

  /// A server on the loopback listens under this name, too.
  void add_name(std::string_view host);

  enum class refusal : std::uint8_t { host, token };
  /// Whether the request is refused. `on_loopback`: the listener of its connection is.
  std::optional<refusal> check(const presented_access& request, bool on_loopback) const;
  header_fault response_to(refusal why) const noexcept;
  /// Writes a line once a minute for each reason.
  void log(refusal why, std::string_view host, const std::string& client, time_point now);

 private:
  class refusals {
   public:
    std::uint64_t count = 0;
    time_point silent_until = time_point::min();
  };
  bool is_known_host(std::string_view host) const;
  bool has_token(const presented_access& request) const;

  const http_access access_;
  const std::shared_ptr<log_sink> log_;
  std::vector<std::string> names_;
  std::array<refusals, 2> refused_;
};

}  // namespace tenure::wire
