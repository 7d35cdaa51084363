// The handle by which an open stream is woken.
#pragma once

#include <cstdint>
#include <tenure/toolkit/http_server.hpp>

namespace tenure::sidecar {

class subscription {
 public:
  subscription(wire::http_server& server, std::uint64_t id) : server_(&server), id_(id) {}
  /// Makes the server ask the stream for its next piece. No effect once the stream is closed.
  void wake() const { server_->resume(id_); }

 private:
  wire::http_server* server_;
  std::uint64_t id_;
};

}  // namespace tenure::sidecar
