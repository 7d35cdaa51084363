// The error codes: what they say, and which of them go away by themselves.
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>
#include <tenure/error.hpp>

using namespace tenure;

namespace {

constexpr errc election_errors[] = {errc::already_entered, errc::not_leading, errc::shut_down,
                                    errc::timed_out,       errc::outcome_unknown,
                                    errc::refused,         errc::bad_argument, errc::busy};
constexpr consul_errc consul_errors[] = {
    consul_errc::unreachable, consul_errc::timed_out,   consul_errc::outcome_unknown,
    consul_errc::no_leader,   consul_errc::throttled,   consul_errc::forbidden,
    consul_errc::bad_request, consul_errc::server_error, consul_errc::bad_answer,
    consul_errc::tls_failed};

}  // namespace

TEST_CASE("errors: each has a text of its own, and an unknown one says so") {
  std::set<std::string> texts;
  for (const errc e : election_errors) texts.insert(make_error_code(e).message());
  CHECK(texts.size() == std::size(election_errors));
  const error_code unknown_election(9'999, election_category());
  CHECK(unknown_election.message() == "unknown election error");
  texts.clear();
  for (const consul_errc e : consul_errors) texts.insert(make_error_code(e).message());
  CHECK(texts.size() == std::size(consul_errors));
  const error_code unknown_consul(9'999, consul_category());
  CHECK(unknown_consul.message() == "unknown Consul error");
}

TEST_CASE("errors: the categories have names, for logs") {
  CHECK(std::string(election_category().name()) == "tenure.election");
  CHECK(std::string(consul_category().name()) == "tenure.consul");
  CHECK(std::string(error_kind_category().name()) == "tenure.condition");
  CHECK(make_error_condition(error_kind::retryable).message() == "retryable");
  CHECK(make_error_condition(error_kind::fatal).message() == "fatal");
}

TEST_CASE("errors: each is retryable or fatal, and never both") {
  const auto one_of_both = [](const error_code& e) {
    return (e == error_kind::retryable) != (e == error_kind::fatal);
  };
  for (const errc e : election_errors) {
    INFO(make_error_code(e).message());
    CHECK(one_of_both(e));
    const bool goes_away = e == errc::timed_out || e == errc::outcome_unknown;
    CHECK((make_error_code(e) == error_kind::retryable) == goes_away);
  }
  for (const consul_errc e : consul_errors) {
    INFO(make_error_code(e).message());
    CHECK(one_of_both(e));
    const bool stays = e == consul_errc::forbidden || e == consul_errc::bad_request;
    CHECK((make_error_code(e) == error_kind::fatal) == stays);
  }
  // A condition of another category is compared by value.
  const boost::system::error_condition generic(static_cast<int>(errc::busy), election_category());
  CHECK(make_error_code(errc::busy) == generic);
  CHECK_FALSE(make_error_code(consul_errc::forbidden) == generic);
}
