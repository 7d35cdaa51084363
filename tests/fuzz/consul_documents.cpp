// What Consul's answers hold: each decoder of the client, and the documents in the values of keys.
#include <string>

#include "consul/call.hpp"
#include "consul/documents.hpp"
#include "consul/member_document.hpp"
#include "consul/parse.hpp"
#include "consul/service_json.hpp"
#include "core/group/hand_over_notice.hpp"
#include "target.hpp"

namespace {

using namespace tenure;
using namespace tenure::consul;
using fuzz::require;

/// Decodes every other key, as a watch does that knows the rest.
class every_other final : public kv_reader {
 public:
  bool wants(const key_header& seen) override {
    bytes_ += seen.key.size() + seen.session.size();
    return ++seen_ % 2 == 0;
  }
  void take(kv_entry entry) override { bytes_ += entry.key.size() + entry.value.size(); }

 private:
  std::size_t seen_ = 0;
  std::size_t bytes_ = 0;
};

void read_keys(parser& reader, std::string& body) {
  std::vector<kv_entry> all(1);
  std::string again = body;
  const bool failed = bool(reader.kv(body, all));
  require(!failed || all.size() == 1, "an answer that is refused leaves the result untouched");
  every_other some;
  require(failed || !reader.kv(again, some), "both readers accept the same lists");
}

void read_settings(const std::string& text) {
  const auto read = parse_settings(text);
  if (!read) return;
  const auto again = parse_settings(settings_text(*read));
  require(again && *again == *read, "settings are read as they were written");
}

void read_semaphore(const std::string& text) {
  const auto read = parse_semaphore(text);
  if (!read) return;
  const auto again = parse_semaphore(semaphore_text(*read));
  require(again && again->limit == read->limit && again->holders == read->holders,
          "a semaphore's lock is read as it was written");
}

void read_member(const std::string& text) {
  const auto read = parse_member(text);
  if (!read) return;
  const auto again = parse_member(member_text(*read));
  require(again && again->name == read->name && again->value == read->value,
          "a member is read as it was written");
}

void read_documents(std::string_view input) {
  static parser reader;  // as that of a client, which outlives its answers
  const unsigned choice = fuzz::take_choice(input, 14);
  std::string body(input);
  std::string text;
  std::vector<session_entry> sessions;
  std::vector<txn_error> failures;
  every_other keys;
  switch (choice) {
    case 0: return read_keys(reader, body);
    case 1: reader.sessions(body, sessions); return;
    case 2:
      require(reader.session_id(body, text) || !text.empty(), "a session has an id");
      return;
    case 3: reader.txn(body, keys, failures); return;
    case 4: reader.operations(body, [](std::string_view, std::string_view) {}); return;
    case 5: reader.text(body, text); return;
    case 6: return read_settings(body);
    case 7: return read_semaphore(body);
    case 8: return read_member(body);
    case 9: parse_service(body); return;
    case 10: parse_services(body); return;
    case 11: parse_health(body); return;
    case 12: core::parse_notice(body); return;
    default:
      classify(body);
      for (const unsigned status : {200U, 301U, 403U, 429U, 500U, 503U})
        for (const effect what : {effect::read, effect::write})
          require(bool(judge(status, body, what)), "what is judged is an error");
  }
}

const fuzz::target it("consul_documents", read_documents);

}  // namespace
