#include "consul/parse.hpp"

#include <simdjson.h>

#include <cstring>
#include <tenure/toolkit/base64.hpp>
#include <utility>

#include "consul/index_limit.hpp"
#include "consul/json_text.hpp"

namespace tenure::consul {
namespace {

namespace ondemand = simdjson::ondemand;

// A member is missing, comes twice, or has another type than it must.
class malformed {};

// Checks that each required member comes exactly once.
class member_check {
 public:
  void mark(unsigned member) {
    if ((members_ & (1U << member)) != 0) throw malformed();
    members_ |= 1U << member;
  }
  void expect(unsigned count) const {
    if (members_ != (1U << count) - 1) throw malformed();
  }

 private:
  unsigned members_ = 0;
};

std::uint64_t index_of(ondemand::value value) {
  const std::uint64_t index = value.get_uint64();
  if (index > highest_index) throw malformed();
  return index;
}

// A key before anything of it is copied or decoded: of nearly all keys in a list only the index is
// needed, and those of a proof are only counted.
class raw_kv {
 public:
  explicit raw_kv(ondemand::object object) {
    member_check members;
    for (auto field : object) {
      const char* name = field.key().raw();
      ondemand::value value = field.value();
      if (is(name, "Key\"")) {
        members.mark(0);
        header.key = value.get_string();
      } else if (is(name, "Flags\"")) {
        members.mark(1);
        flags_ = value.get_uint64();
      } else if (is(name, "CreateIndex\"")) {
        members.mark(2);
        create_index_ = index_of(value);
      } else if (is(name, "ModifyIndex\"")) {
        members.mark(3);
        header.modify_index = index_of(value);
      } else if (is(name, "LockIndex\"")) {
        members.mark(4);
        lock_index_ = index_of(value);
      } else if (is(name, "Session\"")) {
        header.session = value.get_string();
      } else if (is(name, "Value\"")) {
        value_ = value.raw_json_token();
      }
    }
    members.expect(5);
  }

  kv_entry entry() const {
    kv_entry e;
    e.key = header.key;
    e.session = header.session;
    e.flags = flags_;
    e.create_index = create_index_;
    e.modify_index = header.modify_index;
    e.lock_index = lock_index_;
    if (!value_.starts_with('"')) {
      if (!value_.empty() && !value_.starts_with("null")) throw malformed();
      return e;
    }
    std::string_view text = value_.substr(1);
    text = text.substr(0, text.find('"'));
    // Base64 needs no escapes, but JSON allows one for its slash.
    std::string plain;
    if (text.find('\\') != text.npos) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size() || text[i + 1] != '/') plain += text[i];
      }
      text = plain;
    }
    auto decoded = text::base64_decode(text);
    if (!decoded) throw malformed();
    e.value = std::move(*decoded);
    return e;
  }

  key_header header;

 private:
  // There are always enough bytes behind the name: the rest of its object, or padding.
  template <std::size_t N>
  static bool is(const char* name, const char (&wanted)[N]) noexcept {
    return std::memcmp(name, wanted, N - 1) == 0;
  }

  std::uint64_t flags_ = 0;
  std::uint64_t create_index_ = 0;
  std::uint64_t lock_index_ = 0;
  std::string_view value_;
};

void read_check_id(ondemand::object object, session_entry& into) {
  for (auto field : object) {
    const std::string_view name = field.unescaped_key();
    if (name == "ID") into.service_checks.push_back(text_of(field.value()));
  }
}

session_entry read_session(ondemand::object object) {
  session_entry entry;
  member_check members;
  for (auto field : object) {
    const std::string_view name = field.unescaped_key();
    ondemand::value value = field.value();
    if (name == "ID") {
      members.mark(0);
      entry.id = text_of(value);
    } else if (name == "LockDelay") {
      members.mark(1);
      entry.lock_delay = duration(std::int64_t(value.get_int64()));
    } else if (name == "Behavior") {
      members.mark(2);
      const std::string_view behavior = value.get_string();
      if (behavior != "release" && behavior != "delete") throw malformed();
      entry.behavior = behavior == "delete" ? behavior::remove : behavior::release;
    } else if (name == "CreateIndex") {
      members.mark(3);
      entry.create_index = index_of(value);
    } else if (name == "ModifyIndex") {
      members.mark(4);
      entry.modify_index = index_of(value);
    } else if (name == "Name") {
      entry.name = text_of(value);
    } else if (name == "Node") {
      entry.node = text_of(value);
    } else if (name == "TTL") {
      entry.ttl = text_of(value);
    } else if (name == "ServiceChecks" && !value.is_null()) {
      for (auto check : value.get_array()) read_check_id(check.get_object(), entry);
    }
  }
  members.expect(5);
  return entry;
}

txn_error read_txn_error(ondemand::object object) {
  txn_error error;
  member_check members;
  for (auto field : object) {
    const std::string_view name = field.unescaped_key();
    ondemand::value value = field.value();
    if (name == "OpIndex") {
      members.mark(0);
      error.op_index = static_cast<std::size_t>(std::uint64_t(value.get_uint64()));
    } else if (name == "What") {
      members.mark(1);
      error.what = text_of(value);
    }
  }
  members.expect(2);
  error.kind = classify(error.what);
  return error;
}

void show(ondemand::object key, kv_reader& reader) {
  const raw_kv one(key);
  if (reader.wants(one.header)) reader.take(one.entry());
}

// {"KV": {...}}. Skips results that are no keys.
void show_txn_result(ondemand::object object, kv_reader& reader) {
  for (auto field : object) {
    const std::string_view name = field.unescaped_key();
    if (name == "KV") show(field.value().get_object(), reader);
  }
}

}  // namespace

class parser::json {
 public:
  // Twice what the transport accepts. The parser grows to the largest document it reads.
  static constexpr std::size_t cap = 128 * 1024 * 1024;

  template <class Read>
  error_code read(std::string& body, Read read) noexcept {
    try {
      body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
      ondemand::document document =
          parser_.iterate(simdjson::padded_string_view(body.data(), body.size(), body.capacity()));
      read(document);
      // Nothing may follow the document.
      if (document.current_location().error() != simdjson::OUT_OF_BOUNDS)
        return consul_errc::bad_answer;
      return {};
    } catch (const simdjson::simdjson_error&) {
    } catch (const malformed&) {
    }
    return consul_errc::bad_answer;
  }

 private:
  ondemand::parser parser_{cap};
};

parser::parser() : json_(std::make_unique<json>()) {}
parser::~parser() = default;

error_code parser::kv(std::string& body, std::vector<kv_entry>& entries) {
  std::vector<kv_entry> read;
  const error_code error = json_->read(body, [&](ondemand::document& document) {
    for (auto element : document.get_array()) read.push_back(raw_kv(element.get_object()).entry());
  });
  if (!error) entries = std::move(read);
  return error;
}

error_code parser::kv(std::string& body, kv_reader& reader) {
  return json_->read(body, [&](ondemand::document& document) {
    for (auto element : document.get_array()) show(element.get_object(), reader);
  });
}

error_code parser::sessions(std::string& body, std::vector<session_entry>& sessions) {
  std::vector<session_entry> read;
  const error_code error = json_->read(body, [&](ondemand::document& document) {
    for (auto element : document.get_array()) read.push_back(read_session(element.get_object()));
  });
  if (!error) sessions = std::move(read);
  return error;
}

error_code parser::session_id(std::string& body, std::string& id) {
  std::string read;
  const error_code error = json_->read(body, [&](ondemand::document& document) {
    for (auto field : document.get_object()) {
      const std::string_view name = field.unescaped_key();
      if (name == "ID") read = text_of(field.value());
    }
    if (read.empty()) throw malformed();
  });
  if (!error) id = std::move(read);
  return error;
}

error_code parser::txn(std::string& body, kv_reader& results, std::vector<txn_error>& failures) {
  std::vector<txn_error> read_failures;
  const error_code error = json_->read(body, [&](ondemand::document& document) {
    member_check members;
    for (auto field : document.get_object()) {
      const std::string_view name = field.unescaped_key();
      ondemand::value value = field.value();
      if (name == "Results") {
        members.mark(0);
        if (value.is_null()) continue;
        for (auto element : value.get_array()) show_txn_result(element.get_object(), results);
      } else if (name == "Errors") {
        members.mark(1);
        if (value.is_null()) continue;
        for (auto element : value.get_array())
          read_failures.push_back(read_txn_error(element.get_object()));
      }
    }
    members.expect(2);
  });
  if (!error) failures = std::move(read_failures);
  return error;
}

error_code parser::operations(std::string& body, const show_operation& show) {
  return json_->read(body, [&](ondemand::document& document) {
    for (auto element : document.get_array()) {
      std::string_view verb;
      std::string_view key;
      for (auto field : element["KV"].get_object()) {
        const std::string_view name = field.unescaped_key();
        if (name == "Verb") verb = field.value().get_string();
        if (name == "Key") key = field.value().get_string();
      }
      show(verb, key);
    }
  });
}

error_code parser::text(std::string& body, std::string& text) {
  std::string read;
  const error_code error = json_->read(body, [&](ondemand::document& document) {
    read = std::string_view(document.get_string());
  });
  if (!error) text = std::move(read);
  return error;
}

txn_failure classify(std::string_view what) noexcept {
  const auto says = [&](std::string_view part) { return what.find(part) != what.npos; };
  // The texts quote keys, which may contain anything. So only a fixed ending decides, or a fixed
  // beginning where the key comes last.
  // Since 1.12 the missing right follows.
  if (what.starts_with("Permission denied")) return txn_failure::forbidden;
  if (what.ends_with("due to lock delay") || says("\" due to lock delay until "))
    return txn_failure::lock_delay;
  if (what.starts_with("invalid session ")) return txn_failure::invalid_session;
  if (what.starts_with("failed session check for key ")) return txn_failure::held_by_another;
  if (what.starts_with("failed index check for key ")) return txn_failure::index_mismatch;
  if (what.ends_with("\" doesn't exist")) return txn_failure::missing_key;
  if (what.ends_with("lock is already held") ||
      what.ends_with("lock isn't held, or is held by another session"))
    return txn_failure::held_by_another;
  if (what.ends_with("index is stale") || what.ends_with("\" exists"))
    return txn_failure::index_mismatch;
  return txn_failure::other;
}

}  // namespace tenure::consul
