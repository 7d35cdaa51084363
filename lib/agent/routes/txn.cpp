// /v1/txn
#include <algorithm>
#include <string>

#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"
#include "agent/routes/transaction.hpp"

namespace tenure::agent {

maybe_response endpoints::txn(request_context& context) {
  if (maybe_response error = body_too_large(context, "txn_max_req_len")) return error;
  txn_request request;
  const std::string error = request.read(context.request.body, traits_);
  if (!error.empty()) return text_response(400, "Failed to parse body: " + error);
  if (request.sent > traits_.most_operations) {
    return text_response(413, "Transaction contains too many operations (" +
                                  std::to_string(request.sent) + " > " +
                                  std::to_string(traits_.most_operations) + ")");
  }
  const bool writes =
      std::any_of(request.operations.begin(), request.operations.end(),
                  [](const txn_operation& operation) { return operation.writes(); });
  // Consul reads the consistency only of read-only transactions. None of them blocks.
  query_options options;
  if (!writes) {
    if (maybe_response refused = parse_options(context, options)) return refused;
  }
  if (maybe_response refused = other_datacenter(context)) return refused;

  for (const txn_operation& operation : request.operations) {
    note_tenant(context, operation.name_space, operation.partition);
  }

  transaction transaction(keys_, locks_, traits_, request.operations, now_);
  if (transaction.precheck()) transaction.run(writes ? next_index() : 0);

  if (transaction.failed()) parked_.return_woken();

  text::json_writer body;
  body.begin_object();
  transaction.write(body);
  if (!writes) {
    body.key("Index").value(traits_.read_index);
    body.key("LastContact").value(std::uint64_t{0});
    body.key("KnownLeader").value(true);
    body.key("ConsistencyLevel").value("");
    if (traits_.read_has_newer_members) {
      body.key("NotModified").value(false);
      body.key("Backend").value(std::uint64_t{0});
      body.key("ResultsFilteredByACLs").value(false);
    }
  }
  body.end_object();
  runtime::http_response response = json(context, transaction.failed() ? 409 : 200, body.take());
  if (!writes) {
    response.headers.emplace_back("X-Consul-Knownleader", "true");
    response.headers.emplace_back("X-Consul-Lastcontact", "0");
  }
  return response;
}

}  // namespace tenure::agent
