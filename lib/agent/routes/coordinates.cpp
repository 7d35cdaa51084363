// /v1/coordinate/: the network coordinates of nodes, from which clients estimate distances. This
// agent measures none: its own stay at the origin, and those of other nodes are what clients set.
#include <array>
#include <utility>

#include "agent/go/struct_reader.hpp"
#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

constexpr std::size_t dimensions = 8;

/// A coordinate's JSON as the client sent it, number by number.
class coordinate_request {
 public:
  /// Returns Go's error text; empty if the body is valid.
  std::string read(std::string_view body) {
    const go_json_syntax syntax(body);
    if (!syntax.ok()) return syntax.error();
    go_struct_reader fields(syntax.value(), "structs.CoordinateUpdateRequest");
    fields.inside("CoordinateUpdateRequest");
    return fields.read([&](const std::string& name) {
      std::string ignored;
      if (go_json_field(name, "Node")) return fields.text(node, "Node");
      if (go_json_field(name, "Segment")) return fields.text(segment, "Segment");
      if (go_json_field(name, "Datacenter")) return fields.text(ignored, "Datacenter");
      if (go_json_field(name, "Token")) return fields.text(ignored, "Token");
      if (go_json_field(name, "Coord")) {
        return fields.object("Coordinate", "Coord", "coordinate.Coordinate",
                             [&](const std::string& member) { coord(fields, member); });
      }
      fields.unknown(name);
    });
  }

  bool compatible() const noexcept { return size_ == dimensions; }

  std::string json() const {
    return "{\"Vec\":" + vector_ + ",\"Error\":" + numbers_[0] + ",\"Adjustment\":" + numbers_[1] +
           ",\"Height\":" + numbers_[2] + "}";
  }

  std::string node;
  std::string segment;

 private:
  void coord(go_struct_reader& fields, const std::string& name) {
    go_json_reader& json = fields.json();
    if (go_json_field(name, "Vec") && json.peek() == go_json_reader::kind::array) {
      vector_ = "[";
      size_ = 0;
      json.enter();
      for (; json.more(); ++size_) {
        if (size_ > 0) vector_ += ',';
        vector_ += number(json);
      }
      vector_ += ']';
      return;
    }
    constexpr std::array<std::string_view, 3> names{"Error", "Adjustment", "Height"};
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (go_json_field(name, names.at(i))) {
        numbers_.at(i) = number(json);
        return;
      }
    }
    fields.unknown(name);
  }

  static std::string number(go_json_reader& json) {
    if (json.peek() == go_json_reader::kind::number) return std::string(json.number());
    json.skip();
    return "0";
  }

  std::string vector_ = "[]";
  std::size_t size_ = 0;
  std::array<std::string, 3> numbers_{"0", "0", "0"};
};

}  // namespace

maybe_response endpoints::coordinate_datacenters(request_context& context) {
  text::json_writer body;
  body.begin_array().begin_object();
  body.key("Datacenter").value(options_.datacenter);
  body.key("AreaID").value("wan");
  body.key("Coordinates").begin_array().begin_object();
  body.key("Node").value(options_.node_name);
  body.key("Segment").value("");
  body.key("Coord").raw(origin_coordinate);
  body.end_object().end_array().end_object().end_array();
  return json(context, 200, body.take());
}

maybe_response endpoints::coordinate_nodes(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (maybe_response error = other_datacenter(context)) return error;
  query q;
  q.what = query::subject::coordinates;
  return run_query(context, std::move(q), options);
}

maybe_response endpoints::coordinate_node(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (maybe_response error = other_datacenter(context)) return error;
  query q;
  q.what = query::subject::node_coordinates;
  q.name = std::move(context.rest);
  return run_query(context, std::move(q), options);
}

/// Consul collects updates for five seconds; here they are in the catalog at once.
maybe_response endpoints::coordinate_update(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  coordinate_request wanted;
  if (const std::string error = wanted.read(context.request.body); !error.empty()) {
    return text_response(400, "Request decode failed: " + error);
  }
  if (maybe_response error = other_datacenter(context)) return error;
  if (!wanted.compatible()) return text_response(500, "incompatible coordinate");
  catalog_.put_coordinate(next_index(), wanted.node, wanted.segment, wanted.json());
  return text_response(200, {});
}

}  // namespace tenure::agent
