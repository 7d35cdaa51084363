// A server, or a proxy before it, that repeats its requests: no error text and no log line has a
// secret of them.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <tenure/agent_services.hpp>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/json_writer.hpp>

#include "component/consul_fixture.hpp"
#include "election/handles/access.hpp"
#include "support/kept_log.hpp"
#include "support/scripted_token.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using consul::consistency;
using consul::txn_op;

const std::string token = "s3cret-token";
const std::string credentials = "user-4711:pass-4711";
const std::string value = R"({"pw":"s3cret-value"})";

const std::vector<std::string> secrets{
    token,       text::base64_encode(token),       "user-4711", "pass-4711",
    credentials, text::base64_encode(credentials), "s3cret",    text::base64_encode(value)};

enum class answer { text, refusal, operation, unknown_token, field };

std::string repeated(answer how, const runtime::http_request& request) {
  std::string all = request.body;
  for (const auto& [name, field] : request.headers) all += " " + name + ": " + field;
  const std::string refusal = "Permission denied: token with AccessorID '" + token +
                              "' lacks permission 'key:write' on \"" + token + "\"";
  text::json_writer json;
  switch (how) {
    case answer::text:
      return all;
    case answer::refusal:
      return refusal;
    case answer::unknown_token:
      return "ACL not found: " + all;
    case answer::field:
      return "unknown field \"" + token + "\"";
    case answer::operation:
      break;
  }
  json.begin_object().key("Results").null().key("Errors").begin_array();
  for (const std::string& what : {all, refusal})
    json.begin_object().key("OpIndex").value(std::uint64_t{0}).key("What").value(what).end_object();
  json.end_array().end_object();
  return json.take();
}

class fixture : public test::consul_fixture {
 public:
  fixture() : log(std::make_shared<test::kept_log>()) {
    auto env = std::make_shared<runtime::environment>(*runtime.environment());
    env->log = log;
    const consul_config config = consul_config().token(token).basic_auth(credentials);
    client = std::make_unique<consul::client>(env, config);
    services = impl::access::services_of(env, config);
  }

  void keep(const std::string& text) { texts.push_back(text); }
  void ask_everything() {
    const auto texts_of = [&](const consul::txn_result& result) {
      keep(result.detail);
      for (const consul::txn_error& failure : result.failures) keep(failure.what);
    };
    const time_point end = runtime.now() + 10s;
    texts_of(write({txn_op::set("k", value)}));
    texts_of(runtime.run(client->read({txn_op::get("k")}, end)));
    texts_of(runtime.run(client->prove({txn_op::get("k")}, end)));
    keep(runtime.run(client->get("k", consistency::default_)).detail);
    keep(runtime.run(client->list("k", consistency::default_)).detail);
    keep(runtime.run(client->ping()).detail);
    keep(runtime.run(client->create_session({})).detail);
    keep(runtime.run(client->renew_session("id", end)).detail);
    keep(runtime.run(client->destroy_session("id")).detail);
    keep(runtime.run(client->session_info("id", consistency::default_)).detail);
    keep(runtime.run(client->register_service({}, end)).detail);
    keep(runtime.run(client->deregister_service("id", end)).detail);
    keep(runtime.run(client->pass_check("id", end)).detail);
    keep(runtime.run(services->find("")).detail);
    keep(runtime.run(services->read("id")).detail);
    keep(runtime.run(services->health("id")).detail);
    const auto written = runtime.run(services->register_service("{}", end));
    keep(written.detail);
    keep(written.unknown_field);
    keep(runtime.run(services->deregister("id", end)).detail);
  }
  /// The secrets that were shown, each with the text that shows it.
  std::vector<std::string> shown() const {
    std::vector<std::string> all = texts;
    for (const log_level level : {log_level::info, log_level::warn, log_level::error})
      std::ranges::copy(log->lines(level), std::back_inserter(all));
    std::erase_if(all, [](const std::string& text) {
      return std::ranges::none_of(secrets, [&](const std::string& secret) {
        return text.find(secret) != text.npos;
      });
    });
    return all;
  }

  std::shared_ptr<test::kept_log> log;
  std::shared_ptr<agent_services> services;
  std::vector<std::string> texts;
};

TEST_CASE("answers that repeat their requests show no secret") {
  fixture b;
  const answer how = GENERATE(answer::text, answer::refusal, answer::operation,
                              answer::unknown_token, answer::field);
  for (const unsigned status : {200U, 204U, 301U, 400U, 401U, 403U, 404U, 409U, 413U, 429U, 500U,
                                502U, 503U}) {
    b.network->observer = [=](const runtime::http_request& request,
                              runtime::http_response& response) {
      response.status = status;
      response.body = repeated(how, request);
      response.headers = {{"X-Consul-Index", "5"}};
    };
    b.ask_everything();
  }
  CHECK(std::ranges::count(b.texts, "") < 50);  // of 250
  CHECK(b.shown() == std::vector<std::string>());
}

TEST_CASE("an answer of other keys does not show their values") {
  fixture b;
  REQUIRE(b.write({txn_op::set("other", value)}).committed);
  b.network->observer = [](const runtime::http_request& request,
                           runtime::http_response& response) {
    if (request.target.starts_with("/v1/kv/"))
      response.body = R"([{"Key":"other","Value":")" + text::base64_encode(value) + "\"}]";
  };
  const auto found = b.runtime.run(b.client->get("k", consistency::default_));
  CHECK(found.error == consul_errc::bad_answer);
  b.keep(found.detail);
  CHECK(b.shown() == std::vector<std::string>());
}

TEST_CASE("credentials that are words of Consul's texts change no decision") {
  fixture b;
  b.network->observer = [](const runtime::http_request&, runtime::http_response& response) {
    response.status = 500;
    response.body = "Unknown service \"id\"";
  };
  auto env = std::make_shared<runtime::environment>(*b.runtime.environment());
  for (const char* const words : {"service:secret", "user:Unknown", "Unknown:service"}) {
    CAPTURE(words);
    consul::client named(env, consul_config().basic_auth(words));
    const time_point end = b.runtime.now() + 10s;
    CHECK_FALSE(b.runtime.run(named.deregister_service("id", end)).error);
  }
}

}  // namespace
