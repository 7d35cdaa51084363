#include "agent/filter/filter_schema.hpp"

#include <array>

namespace tenure::agent {
namespace {

using kind = filter_kind;

constexpr bool newer = true;

constexpr std::array<filter_field, 2> address_members{
    {{"Address"}, {"Port", kind::integer}}};
constexpr std::array<filter_field, 2> weights_members{
    {{"Passing", kind::integer}, {"Warning", kind::integer}}};
constexpr std::array<filter_field, 1> mode_members{{{"Mode"}}};
constexpr std::array<filter_field, 1> expose_members{{{"Checks", kind::boolean}}};
constexpr std::array<filter_field, 7> proxy_members{
    {{"DestinationServiceName"},
     {"DestinationServiceID"},
     {"LocalServiceAddress"},
     {"LocalServicePort", kind::integer},
     {"Mode", kind::text, newer},
     {"MeshGateway", kind::structure, false, mode_members},
     {"Expose", kind::structure, false, expose_members}}};
constexpr std::array<filter_field, 1> connect_members{{{"Native", kind::boolean}}};

constexpr std::array<filter_field, 8> node_members{{{"ID"},
                                                    {"Node"},
                                                    {"Address"},
                                                    {"Datacenter"},
                                                    {"Partition", kind::text, newer},
                                                    {"PeerName", kind::text, newer},
                                                    {"TaggedAddresses", kind::text_map},
                                                    {"Meta", kind::text_map}}};

constexpr std::array<filter_field, 14> node_service_members{
    {{"Kind"},
     {"ID"},
     {"Service"},
     {"Tags", kind::texts},
     {"Address"},
     {"TaggedAddresses", kind::structure_map, false, address_members},
     {"Meta", kind::text_map},
     {"Port", kind::integer},
     {"SocketPath", kind::text, newer},
     {"Weights", kind::structure, false, weights_members},
     {"EnableTagOverride", kind::boolean},
     {"Proxy", kind::structure, false, proxy_members},
     {"Connect", kind::structure, false, connect_members},
     {"PeerName", kind::text, newer}}};

constexpr std::array<filter_field, 20> catalog_service_members{
    {{"ID"},
     {"Node"},
     {"Address"},
     {"Datacenter"},
     {"TaggedAddresses", kind::text_map},
     {"NodeMeta", kind::text_map},
     {"ServiceKind"},
     {"ServiceID"},
     {"ServiceName"},
     {"ServiceTags", kind::texts},
     {"ServiceAddress"},
     {"ServiceTaggedAddresses", kind::structure_map, false, address_members},
     {"ServiceWeights", kind::structure, false, weights_members},
     {"ServiceMeta", kind::text_map},
     {"ServicePort", kind::integer},
     {"ServiceSocketPath", kind::text, newer},
     {"ServiceEnableTagOverride", kind::boolean},
     {"ServiceProxy", kind::structure, false, proxy_members},
     {"ServiceConnect", kind::structure, false, connect_members},
     {"PeerName", kind::text, newer}}};

constexpr std::array<filter_field, 14> check_members{{{"Node"},
                                                      {"CheckID"},
                                                      {"Name"},
                                                      {"Status"},
                                                      {"Notes"},
                                                      {"Output"},
                                                      {"ServiceID"},
                                                      {"ServiceName"},
                                                      {"ServiceTags", kind::texts},
                                                      {"Type"},
                                                      {"Interval", kind::text, newer},
                                                      {"Timeout", kind::text, newer},
                                                      {"ExposedPort", kind::integer, newer},
                                                      {"PeerName", kind::text, newer}}};

constexpr std::array<filter_field, 3> health_service_members{
    {{"Node", kind::structure, false, node_members},
     {"Service", kind::structure, false, node_service_members},
     {"Checks", kind::structures, false, check_members}}};

constexpr std::array<filter_field, 10> member_members{{{"Name"},
                                                       {"Port", kind::integer},
                                                       {"Tags", kind::text_map},
                                                       {"Status", kind::integer},
                                                       {"ProtocolMin", kind::integer},
                                                       {"ProtocolMax", kind::integer},
                                                       {"ProtocolCur", kind::integer},
                                                       {"DelegateMin", kind::integer},
                                                       {"DelegateMax", kind::integer},
                                                       {"DelegateCur", kind::integer}}};

}  // namespace

const filter_schema node_schema{node_members};
const filter_schema node_service_schema{node_service_members};
const filter_schema catalog_service_schema{catalog_service_members};
const filter_schema health_service_schema{health_service_members};
const filter_schema check_schema{check_members};
const filter_schema member_schema{member_members};

}  // namespace tenure::agent
