#include "agent/requests/txn_request.hpp"

#include <algorithm>
#include <array>
#include <tenure/toolkit/base64.hpp>

#include "agent/go/json.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

bool is_base64_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
         c == '/';
}

/// The position at which Go's decoder reports an error: the invalid byte, the start of an
/// incomplete group, or the place of missing padding.
std::size_t bad_base64_byte(std::string_view text) {
  std::size_t at = 0;
  const auto pass_line_ends = [&] {
    while (at < text.size() && (text[at] == '\r' || text[at] == '\n')) ++at;
  };
  for (std::size_t letters = 0;;) {
    pass_line_ends();
    if (at == text.size()) return at - letters;
    const char c = text[at++];
    if (is_base64_letter(c)) {
      letters = (letters + 1) % 4;
      continue;
    }
    if (c != '=' || letters < 2) return at - 1;
    if (letters == 2) {
      pass_line_ends();
      if (at == text.size()) return at;
      if (text[at] != '=') return at - 1;
      ++at;
    }
    pass_line_ends();
    return at;
  }
}

/// Reads the operations and keeps the first error, as Go does.
class txn_reader {
 public:
  txn_reader(std::string_view value, const consul_traits& traits)
      : json_(value), has_partitions_(traits.has_partitions) {}

  std::string read(txn_request& request) {
    if (json_.peek() == go_json_reader::kind::null) return {};
    if (json_.peek() != go_json_reader::kind::array) {
      return "json: cannot unmarshal " + std::string(json_.peek_name()) +
             " into Go value of type api.TxnOps";
    }
    json_.enter();
    while (json_.more()) {
      ++request.sent;
      operation(request);
    }
    return error_;
  }

 private:
  void fail(std::string text) {
    if (error_.empty()) error_ = std::move(text);
  }
  void wrong_type(std::string_view where, std::string_view type, std::string_view detail = {}) {
    fail("json: cannot unmarshal " + std::string(json_.peek_name()) + std::string(detail) +
             " into Go " + std::string(where) + " of type " + std::string(type));
    json_.skip();
  }

  void operation(txn_request& request) {
    // Consul's server crashes on a null here; this agent takes it for an empty operation.
    if (json_.peek() == go_json_reader::kind::null) return json_.skip();
    if (json_.peek() != go_json_reader::kind::object) return wrong_type("value", "api.TxnOp");
    txn_operation found;
    bool key = false;
    bool other = false;
    json_.enter();
    while (json_.more()) {
      const std::string name = json_.name();
      if (go_json_field(name, "KV")) {
        key = key_operation(found);
      } else if (go_json_field(name, "Node") || go_json_field(name, "Service") ||
                 go_json_field(name, "Check")) {
        other = other || json_.peek() != go_json_reader::kind::null;
        json_.skip();
      } else {
        fail("json: unknown field " + go_quote(name));
        json_.skip();
      }
    }
    if (!key && !other) return;
    if (!key) found.what = txn_operation::subject::other;
    request.operations.push_back(std::move(found));
  }

  bool key_operation(txn_operation& into) {
    if (json_.peek() == go_json_reader::kind::null) {
      json_.skip();
      return false;
    }
    if (json_.peek() != go_json_reader::kind::object) {
      wrong_type("struct field TxnOp.KV", "api.KVTxnOp");
      return true;
    }
    json_.enter();
    while (json_.more()) {
      const std::string name = json_.name();
      if (go_json_field(name, "Verb")) {
        text(into.verb, "Verb", "api.KVOp");
      } else if (go_json_field(name, "Key")) {
        text(into.wanted.key, "Key", "string");
      } else if (go_json_field(name, "Value")) {
        value(into.wanted.value);
      } else if (go_json_field(name, "Flags")) {
        number(into.wanted.flags, "Flags");
      } else if (go_json_field(name, "Index")) {
        number(into.wanted.modify_index, "Index");
      } else if (go_json_field(name, "Session")) {
        text(into.wanted.session, "Session", "string");
      } else if (go_json_field(name, "Namespace")) {
        text(into.name_space, "Namespace", "string");
      } else if (has_partitions_ && go_json_field(name, "Partition")) {
        text(into.partition, "Partition", "string");
      } else {
        fail("json: unknown field " + go_quote(name));
        json_.skip();
      }
    }
    return true;
  }

  static std::string field(std::string_view name) {
    return "struct field KVTxnOp.KV." + std::string(name);
  }

  void text(std::string& into, std::string_view name, std::string_view type) {
    if (json_.peek() == go_json_reader::kind::string) {
      into = json_.string();
    } else if (json_.peek() == go_json_reader::kind::null) {
      json_.skip();
    } else {
      wrong_type(field(name), type);
    }
  }

  void value(std::string& into) {
    if (json_.peek() == go_json_reader::kind::null) {
      into.clear();
      json_.skip();
    } else if (json_.peek() != go_json_reader::kind::string) {
      wrong_type(field("Value"), "[]uint8");
    } else {
      const std::string encoded = json_.string();
      auto decoded = text::base64_decode(encoded);
      if (decoded) {
        into = std::move(*decoded);
      } else {
        fail("illegal base64 data at input byte " + std::to_string(bad_base64_byte(encoded)));
      }
    }
  }

  void number(std::uint64_t& into, std::string_view name) {
    if (json_.peek() == go_json_reader::kind::null) return json_.skip();
    if (json_.peek() != go_json_reader::kind::number) return wrong_type(field(name), "uint64");
    go_json_reader ahead = json_;
    const std::string written(ahead.number());
    const auto parsed = go_parse_uint(written);
    if (!parsed.ok()) return wrong_type(field(name), "uint64", " " + written);
    into = parsed.value;
    json_ = ahead;
  }

  go_json_reader json_;
  const bool has_partitions_;
  std::string error_;
};

}  // namespace

bool txn_operation::writes() const noexcept {
  constexpr std::array<std::string_view, 7> verbs{
      "set", "delete", "delete-cas", "delete-tree", "cas", "lock", "unlock"};
  return what == subject::key && std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

std::string txn_request::read(std::string_view body, const consul_traits& traits) {
  const go_json_syntax syntax(body);
  return syntax.ok() ? txn_reader(syntax.value(), traits).read(*this) : syntax.error();
}

}  // namespace tenure::agent
