#include <string>
#include <tenure/error.hpp>

namespace tenure {
namespace {

class election_category_type final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tenure.election"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::already_entered:
        return "this elections object has entered that election already";
      case errc::not_leading:
        return "not leading: the term is over";
      case errc::shut_down:
        return "the elections are shut down";
      case errc::timed_out:
        return "timed out";
      case errc::outcome_unknown:
        return "the answer was lost: it may or may not have happened";
      case errc::refused:
        return "refused by the server: nothing of it happened";
      case errc::bad_argument:
        return "bad argument";
      case errc::busy:
        return "another campaign waits, or the last term was not resigned";
    }
    return "unknown election error";
  }
  bool equivalent(int value, const boost::system::error_condition& c) const noexcept override {
    if (c.category() != error_kind_category()) return error_category::equivalent(value, c);
    const bool retryable = static_cast<errc>(value) == errc::timed_out ||
                           static_cast<errc>(value) == errc::outcome_unknown;
    return retryable == (static_cast<error_kind>(c.value()) == error_kind::retryable);
  }
};

class consul_category_type final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tenure.consul"; }
  std::string message(int value) const override {
    switch (static_cast<consul_errc>(value)) {
      case consul_errc::unreachable:
        return "Consul is out of reach";
      case consul_errc::timed_out:
        return "Consul did not answer in time";
      case consul_errc::outcome_unknown:
        return "the answer was lost: the request may have been carried out";
      case consul_errc::no_leader:
        return "Consul has no leader";
      case consul_errc::throttled:
        return "Consul refuses more requests or connections for now";
      case consul_errc::forbidden:
        return "the token does not allow it";
      case consul_errc::bad_request:
        return "Consul refuses the request";
      case consul_errc::server_error:
        return "Consul failed";
      case consul_errc::bad_answer:
        return "an answer that is not Consul's";
      case consul_errc::tls_failed:
        return "no TLS connection to Consul";
    }
    return "unknown Consul error";
  }
  bool equivalent(int value, const boost::system::error_condition& c) const noexcept override {
    if (c.category() != error_kind_category()) return error_category::equivalent(value, c);
    const auto e = static_cast<consul_errc>(value);
    const bool fatal = e == consul_errc::forbidden || e == consul_errc::bad_request;
    return fatal == (static_cast<error_kind>(c.value()) == error_kind::fatal);
  }
};

class condition_category_type final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "tenure.condition"; }
  std::string message(int value) const override {
    return static_cast<error_kind>(value) == error_kind::retryable ? "retryable" : "fatal";
  }
};

}  // namespace

const boost::system::error_category& election_category() noexcept {
  static const election_category_type category;
  return category;
}
const boost::system::error_category& consul_category() noexcept {
  static const consul_category_type category;
  return category;
}
const boost::system::error_category& error_kind_category() noexcept {
  static const condition_category_type category;
  return category;
}

error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), election_category()}; }
error_code make_error_code(consul_errc e) noexcept {
  return {static_cast<int>(e), consul_category()};
}
boost::system::error_condition make_error_condition(error_kind c) noexcept {
  return {static_cast<int>(c), error_kind_category()};
}

}  // namespace tenure
