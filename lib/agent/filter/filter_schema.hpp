// The fields that a ?filter can select: those of the structs that Consul's lists consist of.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tenure::agent {

/// The kind of a selected field, which determines the operators that apply to it.
enum class filter_kind : std::uint8_t {
  structure,
  structures,  ///< a list: a selection below it applies to any of its elements
  structure_map,
  text,
  integer,
  boolean,
  texts,
  text_map
};

class filter_field {
 public:
  std::string_view name;
  filter_kind kind = filter_kind::text;
  bool newer = false;  ///< not in Consul 1.8
  std::span<const filter_field> members{};  ///< of a structure, or of each of several
};

/// The members of one list's elements.
using filter_schema = std::span<const filter_field>;

extern const filter_schema node_schema;             ///< catalog/nodes
extern const filter_schema node_service_schema;     ///< catalog/node, agent/services
extern const filter_schema catalog_service_schema;  ///< catalog/service, catalog/services
extern const filter_schema health_service_schema;   ///< health/service
extern const filter_schema check_schema;            ///< health/node, agent/checks and others
extern const filter_schema member_schema;           ///< agent/members

}  // namespace tenure::agent
