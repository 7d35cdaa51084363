// Services as their owners registered them with the agent.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tenure::agent {

class service_address {
 public:
  std::string address;
  std::int64_t port = 0;
  bool operator==(const service_address&) const = default;
};

/// Where a service runs, for routing by distance.
class service_locality {
 public:
  std::string region;
  std::string zone;
  bool operator==(const service_locality&) const = default;
};

/// What a Connect proxy stands in for.
class service_proxy {
 public:
  std::string destination_name;
  std::string destination_id;
  std::string local_address;
  std::int64_t local_port = 0;
  bool operator==(const service_proxy&) const = default;
};

/// What a client sees of a service, its indexes apart. Registering an equal one changes nothing.
class service_fields {
 public:
  std::string id;
  std::string name;
  std::string kind;
  std::vector<std::string> tags;
  std::string address;
  std::int64_t port = 0;
  std::string socket_path;
  std::optional<service_locality> locality;
  std::map<std::string, service_address> tagged_addresses;
  std::map<std::string, std::string> meta;
  std::int64_t passing_weight = 1;
  std::int64_t warning_weight = 1;
  bool enable_tag_override = false;
  bool native = false;  ///< Connect.Native
  service_proxy proxy;
  bool operator==(const service_fields&) const = default;
};

class service_entry : public service_fields {
 public:
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};

}  // namespace tenure::agent
