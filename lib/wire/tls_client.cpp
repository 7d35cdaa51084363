#include "wire/tls_client.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tenure::wire {
namespace {

namespace asio = boost::asio;

// How often a client whose connections all live on looks at its files, and tries new ones.
constexpr duration look_interval = std::chrono::seconds(5);
constexpr duration trial_interval = std::chrono::seconds(10);

void require(int done, const char* what) {
  if (done == 1) return;
  const auto why = static_cast<int>(::ERR_get_error());
  throw boost::system::system_error(error_code(why, asio::error::get_ssl_category()), what);
}

// The name that the certificate must have. As in consul/api, a port behind it is ignored.
std::string name_of(const consul_config& config) {
  std::string name = config.tls()->server_name();
  if (name.empty()) return config.unix_path().empty() ? config.host() : "localhost";
  const auto colon = name.rfind(':');
  const auto bracket = name.rfind(']');
  const bool one_colon = colon != name.npos && name.find(':') == colon;
  if (colon != name.npos && (one_colon || (bracket != name.npos && bracket < colon)))
    name.erase(colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return name;
}

// Whether a session may be resumed: OpenSSL does not look at the certificate again.
bool usable(SSL_SESSION* session) noexcept {
  if (session == nullptr || ::SSL_SESSION_is_resumable(session) == 0) return false;
  const X509* const server = ::SSL_SESSION_get0_peer(session);
  return server != nullptr && ::X509_cmp_current_time(::X509_get0_notAfter(server)) > 0;
}

}  // namespace

tls_profile::tls_profile(std::shared_ptr<asio::ssl::context> context, std::string server_name,
                         bool verify)
    : context_(std::move(context)), server_name_(std::move(server_name)), verify_(verify) {
  error_code no_address;
  auto address = asio::ip::make_address(server_name_, no_address);
  if (no_address) return;
  if (address.is_v6()) {
    asio::ip::address_v6 v6 = address.to_v6();
    v6.scope_id(0);
    address = v6;
  }
  server_address_ = address.to_string();
}

tls_profile::~tls_profile() { ::SSL_SESSION_free(session_); }

tls_channel& tls_profile::secure(stream& connected) const {
  tls_channel& tls = connected.secure(context_->native_handle(), tls_role::client);
  SSL* const ssl = tls.native();
  ::ERR_clear_error();
  if (server_address_.empty())
    require(static_cast<int>(SSL_set_tlsext_host_name(ssl, server_name_.c_str())), "server name");
  if (verify_) {
    // As Go's client: names of the subject do not count, and a wildcard is a whole label.
    ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                 X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    require(server_address_.empty()
                ? ::SSL_set1_host(ssl, server_name_.c_str())
                : ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), server_address_.c_str()),
            "server name");
  }
  ::SSL_set_verify(ssl, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                   ::SSL_CTX_get_verify_callback(context_->native_handle()));
  if (usable(session_)) ::SSL_set_session(ssl, session_);
  return tls;
}

void tls_profile::remember(const tls_channel& tls) {
  proven_ = true;
  SSL_SESSION* const newest = ::SSL_get0_session(tls.native());
  if (newest == session_ || !usable(newest)) return;
  ::SSL_SESSION_free(session_);
  session_ = ::SSL_get1_session(tls.native());
}

tls_client::tls_client(const consul_config& config, std::shared_ptr<log_sink> log)
    : how_(*config.tls()), server_name_(name_of(config)), log_(std::move(log)) {
  if (how_.context()) {
    current_ = std::make_shared<tls_profile>(how_.context(), server_name_, how_.verify());
    return;
  }
  stamps_ = stamps_of(how_);  // first: a change from now on is seen
  client_context made = load_client(how_);
  content_ = made.content;
  current_ = std::make_shared<tls_profile>(std::move(made.context), server_name_, how_.verify());
}

std::shared_ptr<tls_profile> tls_client::profile() {
  look();
  return current_;
}

void tls_client::look() {
  if (how_.context()) return;
  std::vector<file_stamp> stamps = stamps_of(how_);
  if (stamps == stamps_ && !suspected_ && warned_.empty()) return;
  try {
    require_regular(stamps);
    client_context made = load_client(how_);
    stamps_ = std::move(stamps);
    suspected_ = false;
    warned_.clear();
    if (made.content == content_) return;
    content_ = made.content;
    current_ = std::make_shared<tls_profile>(std::move(made.context), server_name_, how_.verify());
    log_->log(log_level::info, "TLS files changed", {{"server", server_name_}});
  } catch (const std::exception& error) {
    if (warned_ == error.what()) return;
    warned_ = error.what();
    log_->log(log_level::warn, "TLS files unusable", {{"why", warned_}});
  }
}

bool tls_client::retire(const tls_profile& of, bool vital, time_point now) {
  if (now >= next_look_) {
    next_look_ = now + look_interval;
    look();
  }
  if (&of == current_.get()) return false;
  if (current_->proven()) return true;
  if (vital || now < next_trial_) return false;
  next_trial_ = now + trial_interval;
  return true;
}

}  // namespace tenure::wire
