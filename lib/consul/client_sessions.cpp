// Sessions.
#include <tenure/toolkit/percent.hpp>

#include "consul/client.hpp"
#include "consul/client_support.hpp"
#include "consul/parse.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::consul {

namespace asio = boost::asio;

asio::awaitable<session_created> client::create_session(session_request request) {
  session_created answer;
  target to("/v1/session/create", config_);
  call what(runtime::lane::requests, effect::write, "PUT", std::move(to), deadline());
  what.body = session_body(request, config_.access());
  response received = co_await ask(what);
  take_base(received, answer);
  if (answer.error) co_return answer;
  // Consul may have created a session, whose id is not known.
  if (parser_->session_id(received.body, answer.id))
    set_error(answer, consul_errc::outcome_unknown, what, config_, received,
              "an answer without a session: " + received.body);
  co_return answer;
}

asio::awaitable<session_renewed> client::renew_session(std::string id, time_point deadline) {
  session_renewed answer;
  target to("/v1/session/renew/" + text::percent_encode(id), config_);
  const bool shared = bug_enabled(core::seeded_bug::renewal_on_shared_lane);
  call what(shared ? runtime::lane::requests : runtime::lane::renewals, effect::repeatable, "PUT",
            std::move(to), deadline);
  what.accepted = 404;
  response received = co_await ask(what);
  take_base(received, answer);
  if (answer.error) co_return answer;
  answer.alive = received.status == 200;
  // A proxy's 404 says nothing about the session.
  if (!answer.alive && received.body.find("Session id") == std::string::npos)
    set_error(answer, consul_errc::bad_answer, what, config_, received,
              "404 that is not Consul's: " + received.body);
  co_return answer;
}

asio::awaitable<ack> client::destroy_session(std::string id) {
  ack answer;
  target to("/v1/session/destroy/" + text::percent_encode(id), config_);
  call what(runtime::lane::requests, effect::repeatable, "PUT", std::move(to), deadline());
  response received = co_await ask(what);
  take_base(received, answer);
  co_return answer;
}

asio::awaitable<session_found> client::session_info(std::string id, consistency how) {
  session_found answer;
  target to("/v1/session/info/" + text::percent_encode(id), config_);
  to.with(how);
  call what(runtime::lane::requests, effect::read, "GET", std::move(to), deadline());
  response received = co_await ask(what);
  take_base(received, answer);
  if (answer.error) co_return answer;
  std::vector<session_entry> sessions;
  if (const error_code error = parser_->sessions(received.body, sessions))
    set_error(answer, error, what, config_, received, received.body);
  else if (!sessions.empty() && sessions.front().id == id)
    answer.session = std::move(sessions.front());
  co_return answer;
}

}  // namespace tenure::consul
