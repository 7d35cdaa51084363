// The connections of a server and its limits: in all, and of each client address, for which streams
// count apart. Private to wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tenure/toolkit/http_server.hpp>
#include <unordered_map>

#include "wire/server_connection.hpp"

namespace tenure::wire {

class connection_table {
 public:
  using stream_place = http_server::stream_place;

  explicit connection_table(const http_server_options& options) : options_(options) {}

  /// Whether there is a place for a connection of this address; empty for a unix socket. It may be
  /// that of a connection that waits for a request, which is closed.
  enum class place : std::uint8_t { free, address_full, server_full };
  place find_place(const std::string& address);

  void add(const std::shared_ptr<server_connection>& connection);
  void remove(server_connection& connection) noexcept;
  void remove_all() noexcept;
  /// In the order of their numbers.
  const std::map<std::uint64_t, std::shared_ptr<server_connection>>& all() const noexcept {
    return all_;
  }

  /// The connection waits for a request, or for the rest of one, until busy().
  void waiting(server_connection& connection);
  void busy(server_connection& connection) noexcept;

  stream_place find_stream_place(const server_connection& connection) const;
  void begin_stream(std::uint64_t id, server_connection& connection);
  void end_stream(std::uint64_t id) noexcept;
  /// Null for an id that is no stream's.
  server_connection* stream(std::uint64_t id) const;

 private:
  class count {
   public:
    std::size_t connections = 0;
    std::size_t streams = 0;
  };
  bool displaces() const noexcept;
  bool displace_of(const std::string& address);
  bool displace_any();
  bool is_proxy(const std::string& address) const noexcept;

  const http_server_options& options_;
  std::map<std::uint64_t, std::shared_ptr<server_connection>> all_;
  std::list<server_connection*> waiting_;  ///< the longest first
  std::unordered_map<std::uint64_t, server_connection*> streams_;
  std::map<std::string, count> counts_;
};

}  // namespace tenure::wire
