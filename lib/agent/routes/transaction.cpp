#include "agent/routes/transaction.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/go/text.hpp"

namespace tenure::agent {

namespace {

bool known_verb(std::string_view verb, const consul_traits& traits) {
  constexpr std::array<std::string_view, 12> verbs{
      "set",    "delete", "delete-cas", "delete-tree",   "cas",         "lock",
      "unlock", "get",    "get-tree",   "check-session", "check-index", "check-not-exists"};
  if (verb == "get-or-empty") return traits.has_get_or_empty;
  return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
}

}  // namespace

bool transaction::precheck() {
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    const txn_operation& op = operations_[i];
    if (op.what != txn_operation::subject::key) continue;
    const std::string& key = op.wanted.key;
    if (key.empty() && op.verb != "delete-tree") {
      errors_.emplace_back(i, "Must provide key");
    } else if (traits_.checks_verbs_first && !known_verb(op.verb, traits_)) {
      errors_.emplace_back(i, "unknown KV operation: " + op.verb);
    } else if (op.verb == "lock" && locks_.delayed(key, now_)) {
      errors_.emplace_back(i, "failed to lock key " + go_quote(key) + " due to lock delay");
    }
  }
  return errors_.empty();
}

void transaction::run(std::uint64_t index) {
  const bool writes = std::any_of(operations_.begin(), operations_.end(),
                                  [](const txn_operation& op) { return op.writes(); });
  if (writes) keys_.begin();
  results_.begin_array();
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    txn_operation& op = operations_[i];
    std::string error = op.what == txn_operation::subject::key
                            ? apply(index, op.verb, op.wanted)
                            : "the embedded agent has no catalog";
    if (!error.empty()) errors_.emplace_back(i, std::move(error));
  }
  results_.end_array();
  if (!writes) return;
  if (failed()) {
    keys_.roll_back();
  } else {
    keys_.commit();
  }
}

std::string transaction::apply(std::uint64_t index, const std::string& verb, kv_fields& wanted) {
  const std::string& key = wanted.key;
  const auto quoted = [&key] { return go_quote(key); };
  if (verb == "set") {
    keys_.set(index, wanted);
  } else if (verb == "cas") {
    if (!keys_.set_if(index, wanted)) {
      return "failed to set key " + quoted() + ", index is stale";
    }
  } else if (verb == "lock") {
    lock_outcome outcome = locks_.lock(index, wanted);
    if (!outcome.error.empty()) return std::move(outcome.error);
    if (!outcome.done) return "failed to lock key " + quoted() + ", lock is already held";
  } else if (verb == "unlock") {
    lock_outcome outcome = locks_.unlock(index, wanted, now_);
    if (!outcome.error.empty()) return std::move(outcome.error);
    if (!outcome.done) {
      return "failed to unlock key " + quoted() +
             ", lock isn't held, or is held by another session";
    }
  } else if (verb == "delete") {
    keys_.erase(index, key);
    return {};
  } else if (verb == "delete-tree") {
    keys_.erase_tree(index, key);
    return {};
  } else if (verb == "delete-cas") {
    if (keys_.erase_if(index, wanted.modify_index, key)) return {};
    return "failed to delete key " + quoted() + ", index is stale";
  } else {
    return read(verb, wanted);
  }
  add_result(wanted, value_part::omitted);
  return {};
}

std::string transaction::read(const std::string& verb, const kv_fields& wanted) {
  const std::string& key = wanted.key;
  const kv_entry* entry = keys_.find(key);
  if (verb == "get") {
    if (entry == nullptr) return "key " + go_quote(key) + " doesn't exist";
    add_result(*entry, value_part::included);
  } else if (verb == "get-or-empty" && traits_.has_get_or_empty) {
    if (entry != nullptr) {
      add_result(*entry, value_part::included);
    } else {
      add_result(wanted, value_part::omitted);
    }
  } else if (verb == "get-tree") {
    keys_.for_each(key, [this](const kv_entry& found) {
      add_result(found, value_part::included);
      return true;
    });
  } else if (verb == "check-session") {
    if (entry == nullptr) {
      return "failed to check session, key " + go_quote(key) + " doesn't exist";
    }
    if (entry->session != wanted.session) {
      return "failed session check for key " + go_quote(key) + ", current session " +
             go_quote(entry->session) + " != " + go_quote(wanted.session);
    }
    add_result(*entry, value_part::omitted);
  } else if (verb == "check-index") {
    if (entry == nullptr) {
      return "failed to check index, key " + go_quote(key) + " doesn't exist";
    }
    if (entry->modify_index != wanted.modify_index) {
      return "failed index check for key " + go_quote(key) + ", current modify index " +
             std::to_string(entry->modify_index) + " != " + std::to_string(wanted.modify_index);
    }
    add_result(*entry, value_part::omitted);
  } else if (verb == "check-not-exists") {
    if (entry != nullptr) return "key " + go_quote(key) + " exists";
  } else {
    return "unknown KV verb " + go_quote(verb);
  }
  return {};
}

void transaction::add_result(const kv_fields& entry, value_part part) {
  results_.begin_object().key("KV");
  write_entry(results_, entry, part);
  results_.end_object();
}

void transaction::write(text::json_writer& json) const {
  json.key("Results");
  if (!failed()) {
    json.raw(results_.text());
    json.key("Errors").null();
    return;
  }
  json.null();
  json.key("Errors").begin_array();
  for (const txn_error& error : errors_) {
    json.begin_object();
    json.key("OpIndex").value(std::uint64_t{error.operation});
    json.key("What").value(error.what);
    json.end_object();
  }
  json.end_array();
}

}  // namespace tenure::agent
