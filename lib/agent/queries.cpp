#include "agent/queries.hpp"

#include <algorithm>

#include "agent/go_json.hpp"

namespace tenure::agent {
namespace {

runtime::http_response finished(const query& q, std::string json, const query_meta& meta) {
  return json_response(200, q.pretty ? pretty_json(json) : std::move(json), meta);
}

}  // namespace

std::uint64_t query_reader::index(const query& q) const {
  std::uint64_t index = 0;
  switch (q.what) {
    case query::subject::key: {
      const kv_entry* entry = keys_.find(q.name);
      index = entry != nullptr ? entry->modify_index : keys_.table_index();
      break;
    }
    case query::subject::tree:
    case query::subject::key_names: index = keys_.list_index(q.name); break;
    case query::subject::session:
    case query::subject::node_sessions: index = sessions_.table_index(); break;
  }
  return std::max<std::uint64_t>(index, 1);
}

runtime::http_response query_reader::answer(const query& q, std::uint64_t index) const {
  const query_meta meta(index);
  switch (q.what) {
    case query::subject::key: return key_answer(q, meta);
    case query::subject::tree: return tree_answer(q, meta);
    case query::subject::key_names: return names_answer(q, meta);
    case query::subject::session:
    case query::subject::node_sessions: break;
  }
  return session_answer(q, meta);
}

watch_list& query_reader::watch(const query& q) const noexcept {
  switch (q.what) {
    case query::subject::key: return keys_.watch(q.name);
    case query::subject::tree:
    case query::subject::key_names: return keys_.watch_below(q.name);
    case query::subject::session: return sessions_.watch(session_key(q.name));
    case query::subject::node_sessions: break;
  }
  return sessions_.watch_all();
}

runtime::http_response query_reader::key_answer(const query& q, const query_meta& meta) const {
  const kv_entry* entry = keys_.find(q.name);
  if (entry == nullptr) return text_response(404, {}, meta);
  if (q.raw) return raw_response(entry->value, meta);
  wire::json_writer json;
  json.begin_array();
  write_entry(json, *entry, true);
  json.end_array();
  return finished(q, json.take(), meta);
}

runtime::http_response query_reader::tree_answer(const query& q, const query_meta& meta) const {
  wire::json_writer json;
  json.begin_array();
  bool any = false;
  keys_.for_each(q.name, [&](const kv_entry& entry) {
    write_entry(json, entry, true);
    return any = true;
  });
  if (!any) return text_response(404, {}, meta);
  json.end_array();
  return finished(q, json.take(), meta);
}

runtime::http_response query_reader::names_answer(const query& q, const query_meta& meta) const {
  wire::json_writer json;
  json.begin_array();
  bool any = false;
  std::string last;  // equal folders follow each other
  keys_.for_each(q.name, [&](const kv_entry& entry) {
    any = true;
    std::string_view shown = entry.key;
    const std::size_t cut =
        q.separator.empty() ? shown.npos : shown.find(q.separator, q.name.size());
    if (cut == shown.npos) {
      json.value(shown);
      return true;
    }
    shown = shown.substr(0, cut + q.separator.size());
    if (shown != last) json.value(shown);
    last = shown;
    return true;
  });
  // Everything is never missing, it is only empty.
  if (!any && !q.name.empty()) return text_response(404, {}, meta);
  json.end_array();
  return finished(q, json.take(), meta);
}

runtime::http_response query_reader::session_answer(const query& q, const query_meta& meta) const {
  wire::json_writer json;
  json.begin_array();
  if (q.what == query::subject::session) {
    const session_record* session = sessions_.find(session_key(q.name));
    if (session != nullptr) write_session(json, *session);
  } else if (same_name(q.name, node_name_)) {
    sessions_.for_each([&json](const session_record& session) {
      write_session(json, session);
      return true;
    });
  }
  json.end_array();
  return finished(q, json.take(), meta);
}

bool same_name(std::string_view a, std::string_view b) noexcept { return go_json_field(a, b); }

}  // namespace tenure::agent
