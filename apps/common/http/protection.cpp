#include "common/http/protection.hpp"

#include <algorithm>

#include "common/exit_codes.hpp"

namespace tenure::apps {
namespace {

constexpr std::string_view https = "https://";

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::size_t first = std::min(text.find_first_not_of(' ', at), comma);
    const std::string part = text.substr(first, comma - first);
    if (!part.empty()) parts.push_back(part.substr(0, part.find_last_not_of(' ') + 1));
    at = comma + 1;
  }
  return parts;
}

void check_token(const char* variable, const std::string& token) {
  if (token.empty()) return;
  try {
    wire::token_of(token);
  } catch (const bad_configuration& e) {
    throw bad_configuration(std::string(variable) + ": " + e.what());
  }
}

}  // namespace

void http_protection::take_environment(
    const std::function<std::optional<std::string>(const char*)>& variable) {
  const auto take = [&](std::string& value, const char* name) {
    if (value.empty()) value = variable(name).value_or("");
  };
  const auto take_secret = [&](std::string& value, const char* name) {
    const auto set = variable(name);
    if (set && set->empty())
      throw bad_configuration(std::string(name) + " is empty: give a token, or unset it");
    value = set.value_or("");
  };
  if (token.empty() && token_file.empty()) {
    take_secret(token, "TENURE_HTTP_TOKEN");
    check_token("TENURE_HTTP_TOKEN", token);
    take_secret(token_file, "TENURE_HTTP_TOKEN_FILE");
  }
  take(tls.certificate, "TENURE_HTTP_TLS_CERT");
  take(tls.key, "TENURE_HTTP_TLS_KEY");
  take(tls.client_ca, "TENURE_HTTP_TLS_CLIENT_CA");
  if (hosts.empty()) hosts = split(variable("TENURE_HTTP_HOSTS").value_or(""));
}

std::string http_protection::mistake(const std::vector<std::string>& addresses) const {
  if (tls.certificate.empty() != tls.key.empty())
    return "TLS needs a certificate and its key, not one of them alone";
  if (!tls.client_ca.empty() && tls.certificate.empty())
    return "an authority of the clients needs a certificate and a key of the server, too";
  const auto secure = std::ranges::find_if(
      addresses, [](const std::string& a) { return a.starts_with(https); });
  if (secure != addresses.end() && tls.certificate.empty())
    return "'" + *secure + "' needs a certificate and its key";
  if (secure == addresses.end() && !tls.certificate.empty())
    return "a certificate needs an address with TLS, such as https://0.0.0.0:4040";
  return {};
}

std::shared_ptr<wire::bearer_token> http_protection::make_token(
    std::shared_ptr<log_sink> log) const {
  if (!token_file.empty()) return wire::token_in_file(token_file, std::move(log));
  return token.empty() ? nullptr : wire::token_of(token);
}

std::optional<wire::server_tls> http_protection::make_tls(std::shared_ptr<log_sink> log) const {
  if (tls.certificate.empty()) return std::nullopt;
  return wire::server_tls(tls, std::move(log));
}

unsigned short listen(wire::http_server& server, const std::string& address,
                      const std::optional<wire::server_tls>& tls) {
  if (!tls || !address.starts_with(https)) return server.listen(address);
  return server.listen(address.substr(https.size()), *tls);
}

int exit_code_of_listening(const boost::system::error_code& error) noexcept {
  using boost::system::errc::errc_t;
  const bool passes = error == errc_t::address_in_use || error == errc_t::too_many_files_open ||
                      error == errc_t::device_or_resource_busy;
  return passes ? exit_unavailable : exit_usage;
}

}  // namespace tenure::apps
