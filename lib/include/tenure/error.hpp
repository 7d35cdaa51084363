// The errors that tenure reports, as boost::system error codes.
#pragma once

#include <boost/system/error_code.hpp>
#include <type_traits>

namespace tenure {

using boost::system::error_code;

// Every error that the library throws is a boost::system::system_error. Its code is one of the two
// enumerations below, or operation_aborted of a cancelled operation; `code == error_kind::fatal`
// and `code == error_kind::retryable` say what a caller may do about it. bad_configuration is such
// an error, too, with a line for people.

/// What can go wrong in an election, seen by its user. "Held by another" is a value, never an
/// error.
enum class errc {
  already_entered = 1,  ///< this elections object has entered that election already
  not_leading,          ///< the term is over, or there is none
  shut_down,            ///< the elections object is shutting down or gone
  timed_out,            ///< the time the caller gave is over
  outcome_unknown,      ///< sent, but the answer was lost: it may or may not have happened
  refused,              ///< the transaction was refused by the server: nothing of it happened
  bad_argument,         ///< an argument or a setting that cannot work
  busy,  ///< another campaign() or acquire() waits, or the last term was not resigned
};

/// What can go wrong between this process and Consul.
enum class consul_errc {
  unreachable = 1,  ///< no connection: nothing was sent
  timed_out,        ///< no answer by the deadline, and nothing of the request can have happened
  outcome_unknown,  ///< no answer, and the request may have been carried out
  no_leader,        ///< the servers have no raft leader, or lost it before the request
  throttled,        ///< too many requests or connections: back off
  forbidden,        ///< the token does not allow it
  bad_request,      ///< the server refuses the request as such (4xx)
  server_error,     ///< the server failed (5xx) for another reason
  bad_answer,       ///< an answer that makes no sense: not JSON, cut short, or too large
  tls_failed,       ///< no TLS connection, because of certificates or settings: nothing was sent
};

/// What a caller may do about an error.
enum class error_kind {
  retryable = 1,  ///< may go away by itself: try again, after a pause
  fatal,  ///< the same call fails again until something changes: its input, the configuration, the
          ///< token's rights, or who leads
};

const boost::system::error_category& election_category() noexcept;
const boost::system::error_category& consul_category() noexcept;
const boost::system::error_category& error_kind_category() noexcept;

error_code make_error_code(errc e) noexcept;
error_code make_error_code(consul_errc e) noexcept;
boost::system::error_condition make_error_condition(error_kind c) noexcept;

}  // namespace tenure

/// @cond
template <>
struct boost::system::is_error_code_enum<tenure::errc> : std::true_type {};
template <>
struct boost::system::is_error_code_enum<tenure::consul_errc> : std::true_type {};
template <>
struct boost::system::is_error_condition_enum<tenure::error_kind> : std::true_type {};
/// @endcond
