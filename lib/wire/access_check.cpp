#include "wire/access_check.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <utility>

namespace tenure::wire {
namespace {

using namespace std::chrono_literals;

constexpr duration log_pause = 1min;
constexpr std::size_t longest_logged = 255;  // of a host; DNS allows no longer name

constexpr header_fault wrong_host{
    .status = 403,
    .text = "403 Forbidden: this server does not answer for this Host. Use localhost or an IP "
            "address, or name the host in the server's configuration\n"};
constexpr header_fault no_token{.status = 401, .text = "401 Unauthorized: the token is missing or "
                                                       "wrong\n"};
constexpr header_fault permission_denied{.status = 403, .text = "Permission denied"};

/// A colon and digits, or nothing.
bool is_port(std::string_view port) noexcept {
  return port.empty() || (port[0] == ':' && std::ranges::all_of(port.substr(1), text::is_digit));
}

/// The name in a Host header, or in the authority of a target, without its port. Nothing if it has
/// not the form of one.
std::optional<std::string_view> name_of(std::string_view host) noexcept {
  host.remove_prefix(host.rfind('@') + 1);  // npos + 1 is 0
  std::size_t end = host.size();
  if (host.starts_with('['))
    end = std::min(host.find(']'), host.size() - 1) + 1;
  else if (std::ranges::count(host, ':') == 1)
    end = host.find(':');
  if (!is_port(host.substr(end))) return std::nullopt;
  host = host.substr(0, end);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    return host.substr(1, host.size() - 2);
  }
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool is_address(std::string_view name) {
  error_code invalid;
  boost::asio::ip::make_address(std::string(name), invalid);
  return !invalid;
}

bool is_loopback_name(std::string_view name) {
  constexpr std::array names{"localhost",     "localhost.localdomain",   "localhost4",
                             "localhost6",    "localhost6.localdomain6", "ip6-localhost",
                             "ip6-loopback"};
  constexpr std::string_view below = ".localhost";  // RFC 6761: always the loopback
  if (name.size() > below.size() && text::iequals(name.substr(name.size() - below.size()), below))
    return true;
  return std::ranges::any_of(names, [&](const char* n) { return text::iequals(name, n); });
}

/// `http://host:port/path` names its server; empty if the target is a path.
std::string_view authority_of(std::string_view target) noexcept {
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == target.npos) return {};
  target.remove_prefix(scheme + 3);
  return target.substr(0, target.find_first_of("/?"));
}

std::string_view path_of(std::string_view target) noexcept {
  const std::string_view authority = authority_of(target);
  if (!authority.empty())
    target.remove_prefix(static_cast<std::size_t>(authority.end() - target.begin()));
  return target.substr(0, target.find('?'));
}

}  // namespace

access_check::access_check(const http_access& access, std::shared_ptr<log_sink> log)
    : access_(access), log_(log ? std::move(log) : silent_log()) {
  for (const std::string& host : access.hosts) add_name(host);
}

void access_check::add_name(std::string_view host) {
  const std::optional<std::string_view> name = name_of(host);
  if (name && !name->empty() && !is_known_host(host)) names_.emplace_back(*name);
}

bool access_check::is_known_host(std::string_view host) const {
  const std::optional<std::string_view> name = name_of(host);
  if (!name) return false;
  // No browser sends an empty one.
  if (name->empty() || is_address(*name) || is_loopback_name(*name)) return true;
  return std::ranges::any_of(names_, [&](const auto& n) { return text::iequals(*name, n); });
}

bool access_check::has_token(const presented_access& request) const {
  const std::string_view path = path_of(request.target);
  if (std::ranges::find(access_.open_paths, path) != access_.open_paths.end()) return true;
  if (access_.token->in_bearer(request.authorization)) return true;
  if (access_.as_consul && access_.token->equals(request.consul_token)) return true;
  // Browsers send passwords of a site with the requests of other sites to it as well, which may
  // therefore change nothing.
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return reads && access_.token->in_basic(request.authorization);
}

std::optional<access_check::refusal> access_check::check(const presented_access& request,
                                                         bool on_loopback) const {
  const bool known = !on_loopback || (is_known_host(request.host) &&
                                      is_known_host(authority_of(request.target)));
  if (!known) return refusal::host;
  if (!access_.token || has_token(request)) return std::nullopt;
  return refusal::token;
}

header_fault access_check::response_to(refusal why) const noexcept {
  if (why == refusal::host) return wrong_host;
  return access_.as_consul ? permission_denied : no_token;
}

void access_check::log(refusal why, std::string_view host, const std::string& client,
                       time_point now) {
  refusals& of = refused_[static_cast<std::size_t>(why)];
  ++of.count;
  if (now < of.silent_until) return;
  of.silent_until = now + log_pause;
  log_->log(log_level::warn, why == refusal::host ? "request for another host refused"
                                                 : "request without the token refused",
            {{"client", client},
             {"host", host.substr(0, longest_logged)},
             {"requests", std::exchange(of.count, 0U)}});
}

}  // namespace tenure::wire
