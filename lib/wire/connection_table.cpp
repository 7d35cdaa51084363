#include "wire/connection_table.hpp"

#include <algorithm>

namespace tenure::wire {
namespace {

/// Streams leave one place in so many free, for requests.
constexpr std::size_t kept_free = 32;

/// Closes the first that gives way. It then removes itself from the list.
template <class Matches>
bool close_first(std::list<server_connection*>& waiting, const Matches& matches) {
  for (auto next = waiting.begin(); next != waiting.end();) {
    server_connection& connection = **next++;
    if (matches(connection) && connection.give_way()) return true;
  }
  return false;
}

}  // namespace

bool connection_table::displaces() const noexcept {
  return options_.excess_connection == http_server_options::excess::displaces;
}

bool connection_table::displace_of(const std::string& address) {
  return displaces() &&
         close_first(waiting_, [&](const server_connection& c) { return c.peer() == address; });
}

bool connection_table::displace_any() {
  return displaces() && close_first(waiting_, [](const server_connection&) { return true; });
}

bool connection_table::is_proxy(const std::string& address) const noexcept {
  return std::ranges::any_of(options_.proxies,
                             [&](const ip_range& range) { return range.contains(address); });
}

connection_table::place connection_table::find_place(const std::string& address) {
  if (options_.connections_per_address > 0 && !address.empty()) {
    const auto found = counts_.find(address);
    const bool full = found != counts_.end() &&
                      found->second.connections >= options_.connections_per_address;
    if (full && !displace_of(address)) return place::address_full;
  }
  const bool full = options_.connections > 0 && all_.size() >= options_.connections;
  return full && !displace_any() ? place::server_full : place::free;
}

void connection_table::add(const std::shared_ptr<server_connection>& connection) {
  all_.emplace(connection->number(), connection);
  if (!connection->peer().empty()) ++counts_[connection->peer()].connections;
}

void connection_table::remove(server_connection& connection) noexcept {
  busy(connection);
  const auto found = counts_.find(connection.peer());
  if (found != counts_.end()) {
    --found->second.connections;
    if (found->second.connections + found->second.streams == 0) counts_.erase(found);
  }
  all_.erase(connection.number());
}

void connection_table::remove_all() noexcept {
  streams_.clear();
  waiting_.clear();
  counts_.clear();
  all_.clear();
}

void connection_table::waiting(server_connection& connection) {
  busy(connection);
  connection.place = waiting_.insert(waiting_.end(), &connection);
  connection.placed = true;
}

void connection_table::busy(server_connection& connection) noexcept {
  if (std::exchange(connection.placed, false)) waiting_.erase(connection.place);
}

connection_table::stream_place connection_table::find_stream_place(
    const server_connection& connection) const {
  const std::size_t most = options_.connections - options_.connections / kept_free;
  if (options_.connections > 0 && streams_.size() >= most) return stream_place::server_full;
  if (options_.streams_per_address == 0) return stream_place::free;
  const auto found = counts_.find(connection.peer());
  const bool full =
      found != counts_.end() && found->second.streams >= options_.streams_per_address;
  return full && !is_proxy(connection.peer()) ? stream_place::address_full : stream_place::free;
}

void connection_table::begin_stream(std::uint64_t id, server_connection& connection) {
  streams_.emplace(id, &connection);
  const auto found = counts_.find(connection.peer());
  if (found == counts_.end()) return;
  --found->second.connections;
  ++found->second.streams;
}

void connection_table::end_stream(std::uint64_t id) noexcept {
  const auto ended = streams_.find(id);
  if (ended == streams_.end()) return;
  const auto found = counts_.find(ended->second->peer());
  streams_.erase(ended);
  if (found == counts_.end()) return;
  ++found->second.connections;
  --found->second.streams;
}

server_connection* connection_table::stream(std::uint64_t id) const {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second;
}

}  // namespace tenure::wire
