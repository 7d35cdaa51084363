// The filter expressions of lists, against elements as the agent shows them.
#include <array>
#include <string>

#include "agent/filter/filter_schema.hpp"
#include "agent/filter/record_filter.hpp"
#include "target.hpp"

namespace {

using namespace tenure;
using namespace tenure::agent;
using tenure::fuzz::require;

struct list {
  filter_schema schema;
  const char* element;
};

constexpr const char* service =
    R"({"ID":"web-1","Service":"web","Tags":["v1","a b"],"Meta":{"k":"v"},"Port":80,)"
    R"("Address":"10.0.0.1","EnableTagOverride":false,"Weights":{"Passing":1,"Warning":1},)"
    R"("TaggedAddresses":{"lan":{"Address":"10.0.0.1","Port":80}}})";
constexpr const char* check =
    R"({"Node":"n1","CheckID":"c","Name":"check","Status":"passing","Notes":"","Output":"ok",)"
    R"("ServiceID":"web-1","ServiceName":"web","ServiceTags":["v1"],"Type":"ttl"})";

void filter(std::string_view input) {
  const unsigned choice = tenure::fuzz::take_choice(input, 12);
  const std::array<list, 6> lists{{{node_schema, R"({"ID":"","Node":"n1","Meta":{"k":"v"}})"},
                                   {node_service_schema, service},
                                   {catalog_service_schema, service},
                                   {health_service_schema, service},
                                   {check_schema, check},
                                   {member_schema, R"({"Name":"n1","Port":8301,"Tags":{}})"}}};
  const list& of = lists[choice % lists.size()];
  const consul_version version = choice < lists.size() ? consul_version::v1_21
                                                       : consul_version::v1_8;
  const record_filter read(input, of.schema, traits_of(version));
  if (!read.error().empty()) return;
  const bool matches = read.matches(of.element);
  require(matches || !read.empty(), "the empty filter matches every element");
}

const tenure::fuzz::target it("agent_filters", filter);

}  // namespace
