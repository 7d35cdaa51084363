// The catalog: the nodes of the cluster with their services and checks, and the indexes of Consul's
// state store. The agent's own node is one of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/consul_version.hpp"
#include "agent/state/check_entry.hpp"
#include "agent/state/names.hpp"
#include "agent/state/service_entry.hpp"
#include "agent/state/watch_list.hpp"

namespace tenure::agent {

/// What a client sees of a node, its indexes apart. Registering an equal one changes nothing.
class node_fields {
 public:
  using text_map = std::map<std::string, std::string>;

  std::string id;  ///< empty: registered without one
  std::string name;
  std::string address;
  std::string datacenter;
  std::optional<text_map> tagged_addresses;  ///< nothing: null
  std::optional<text_map> meta;              ///< nothing: null
  bool operator==(const node_fields&) const = default;
};

class catalog_check : public check_fields {
 public:
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};

class catalog_node : public node_fields {
 public:
  using services_by_id = std::map<std::string, service_entry, name_order>;
  using checks_by_id = std::map<std::string, catalog_check, name_order>;

  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
  std::uint64_t index = 0;  ///< of the last change of the node or of one of its services
  services_by_id services;
  checks_by_id checks;
  std::map<std::string, std::string> coordinates;  ///< JSON by segment

  /// The checks of a service, or with an empty id those of the node itself.
  std::vector<const catalog_check*> checks_of(std::string_view service_id) const;
};

/// Receives what ends sessions.
class catalog_listener {
 public:
  /// A check became critical, or went.
  virtual void check_failed(std::uint64_t index, const std::string& node,
                            const std::string& check) = 0;
  virtual void node_gone(std::uint64_t index, const std::string& node) = 0;

 protected:
  ~catalog_listener() = default;
};

class catalog {
 public:
  using nodes = std::map<std::string, catalog_node, name_order>;

  /// `index`: that of the first changes.
  catalog(watch_list& woken, catalog_listener& listener, const consul_traits& traits,
          std::uint64_t index)
      : woken_(woken), listener_(listener), traits_(traits), indexes_(index) {}

  const nodes& all() const noexcept { return nodes_; }
  const catalog_node* find(std::string_view name) const noexcept;
  const catalog_node* find_by_id(std::string_view id) const noexcept;
  const service_entry* find_service(std::string_view node, std::string_view id) const noexcept;
  const catalog_check* find_check(std::string_view node, std::string_view id) const noexcept;

  /// A node with the id of another one renames it. Returns Consul's error text; empty on success.
  std::string put_node(std::uint64_t index, node_fields wanted);
  void erase_node(std::uint64_t index, std::string_view name);
  /// The node must exist.
  void put_service(std::uint64_t index, std::string_view node, service_fields wanted);
  /// The service's checks go, too.
  void erase_service(std::uint64_t index, std::string_view node, std::string_view id);
  /// The node and the check's service must exist.
  void put_check(std::uint64_t index, std::string_view node, check_fields wanted);
  void erase_check(std::uint64_t index, std::string_view node, std::string_view id);
  void put_coordinate(std::uint64_t index, std::string_view node, const std::string& segment,
                      std::string json);

  /// The index of the last change of services of that name or of their checks.
  std::uint64_t index_of(std::string_view service) const noexcept;
  /// The index of an answer about one node.
  std::uint64_t index_of_node(std::string_view name) const noexcept;
  std::uint64_t nodes_index() const noexcept { return indexes_.nodes; }
  std::uint64_t services_index() const noexcept { return indexes_.services; }
  std::uint64_t checks_index() const noexcept { return indexes_.checks; }
  std::uint64_t coordinates_index() const noexcept { return indexes_.coordinates; }
  watch_list& watch() noexcept { return watchers_; }

 private:
  class table_indexes {
   public:
    explicit table_indexes(std::uint64_t start)
        : nodes(start), services(start), checks(start), coordinates(start),
          last_extinction(start) {}
    std::uint64_t nodes;
    std::uint64_t services;
    std::uint64_t checks;
    std::uint64_t coordinates;
    std::uint64_t last_extinction;       ///< when a name last lost its last service
    std::uint64_t last_node_extinction = 0;
  };

  catalog_node* change(std::string_view name) noexcept;
  bool has_service_named(std::string_view name) const noexcept;
  /// Why Consul does not let a node have that name; empty if it does.
  std::string name_conflict(const node_fields& wanted, bool allow_without_id) const;
  void touch(std::uint64_t index, std::string_view service);
  void touch_services_of(std::uint64_t index, const catalog_node& node);
  void touch_node(std::uint64_t index, catalog_node& node);
  void forget_name(std::uint64_t index, const std::string& service);

  watch_list& woken_;
  catalog_listener& listener_;
  const consul_traits& traits_;
  nodes nodes_;
  table_indexes indexes_;
  std::map<std::string, std::uint64_t, name_order> service_indexes_;  ///< by name
  watch_list watchers_;
};

}  // namespace tenure::agent
