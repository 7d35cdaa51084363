// One HTTP server of the sidecar, with the endpoints that it serves. It may have several addresses.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tenure/toolkit/http_message.hpp>
#include <tenure/toolkit/http_server.hpp>
#include <vector>

#include "common/http/request.hpp"

namespace tenure::sidecar {

using apps::request;

/// The groups of endpoints at an address: all of them at one, or probes and metrics elsewhere.
struct endpoints {
  bool operator==(const endpoints&) const = default;

  bool elections = false;
  bool probes = false;
  bool metrics = false;
};

class listener final : public wire::http_service {
 public:
  using handler = std::function<void(listener& at, std::uint64_t id, request what)>;

  listener(endpoints served, wire::http_server_options options,
           boost::asio::any_io_executor executor, runtime::timers& timers, handler handle);

  /// Throws boost::system::system_error.
  void listen(const std::string& address, const std::optional<wire::server_tls>& tls);

  /// Where it listens: with the chosen port where an address had port 0.
  const std::vector<std::string>& addresses() const noexcept { return addresses_; }
  const endpoints& served() const noexcept { return served_; }
  wire::http_server& server() noexcept { return server_; }
  const wire::http_server& server() const noexcept { return server_; }

 private:
  void on_request(std::uint64_t id, runtime::http_request r) override;
  void on_closed(std::uint64_t) override {}

  const endpoints served_;
  const handler handle_;
  wire::http_server server_;
  std::vector<std::string> addresses_;
};

}  // namespace tenure::sidecar
