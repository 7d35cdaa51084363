#include "tenure/doctor/network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "common/duration.hpp"
#include "tenure/doctor/tls_probe.hpp"
#include "tenure/doctor/waiting.hpp"

namespace tenure::doctor {
namespace {

using namespace std::chrono_literals;

constexpr const char* other_address = "set CONSUL_HTTP_ADDR or --http-addr to use another address";
constexpr long days_before_expiry = 14;

class descriptor {
 public:
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const noexcept { return number_; }

 private:
  int number_;
};

std::string text_of(const sockaddr* address, socklen_t size) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (::getnameinfo(address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  const std::string name = host;
  return (name.find(':') == name.npos ? name : '[' + name + ']') + ':' + port;
}

// What the resolver said. Shared with its thread, which nothing can stop.
struct resolution {
  std::mutex lock;
  std::condition_variable changed;
  bool done = false;
  int error = 0;
  std::vector<endpoint> found;
};

void resolve_into(const std::shared_ptr<resolution>& into, const std::string& host,
                  const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
  const std::lock_guard<std::mutex> guard(into->lock);
  into->error = error;
  for (const addrinfo* one = error == 0 ? list : nullptr; one != nullptr; one = one->ai_next) {
    into->found.push_back({std::string(reinterpret_cast<const char*>(one->ai_addr),
                                       one->ai_addrlen),
                           text_of(one->ai_addr, one->ai_addrlen)});
  }
  if (error == 0) ::freeaddrinfo(list);
  into->done = true;
  into->changed.notify_all();
}

std::string host_list(const std::vector<endpoint>& found) {
  std::string list;
  for (const endpoint& one : found) list += (list.empty() ? "" : ", ") + one.text;
  return list;
}

std::vector<endpoint> check_name(report& out, const consul_config& config, time_point end) {
  const time_point begin = boot_clock::now();
  const auto asked = std::make_shared<resolution>();
  // The system's resolver has no time limit: the thread is left behind if it takes too long.
  std::thread([asked, host = config.host(), port = config.port()] {
    resolve_into(asked, host, port);
  }).detach();
  std::unique_lock<std::mutex> guard(asked->lock);
  const bool done = asked->changed.wait_for(guard, std::max(duration{0}, end - begin),
                                            [&] { return asked->done; });
  const duration took = boot_clock::now() - begin;
  constexpr const char* resolver_remedy = "look at /etc/resolv.conf and the name servers in it";
  if (!done) {
    out.problem("name", "the name " + config.host() + " was not resolved within " +
                            in_milliseconds(took), resolver_remedy);
    return {};
  }
  if (asked->error != 0) {
    out.problem("name",
                "the name " + config.host() + " has no address: " + ::gai_strerror(asked->error),
                std::string("correct the host, or ") + other_address);
    return {};
  }
  const std::string text = config.host() + " is " + host_list(asked->found) + ", resolved in " +
                           in_milliseconds(took);
  if (took > 1s) {
    out.warning("name", text, std::string("each new connection waits for it: ") + resolver_remedy);
  } else if (asked->found.front().text != config.host() + ':' + config.port()) {
    out.ok("name", text);
  }
  return asked->found;
}

// 0, or the errno of the failure.
int connect_within(int socket, const std::string& address, time_point end) {
  const auto* const to = reinterpret_cast<const sockaddr*>(address.data());
  if (::connect(socket, to, static_cast<socklen_t>(address.size())) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_for(socket, direction::write, end)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::string connect_remedy(int error, bool unix_socket) {
  switch (error) {
    case ECONNREFUSED:
      return std::string("no program listens there: start the Consul agent, or ") + other_address;
    case ENOENT:
      return std::string("start the Consul agent (addresses.http names its socket), or ") +
             other_address;
    case EACCES:
    case EPERM:
      return unix_socket ? "let this user write to the socket: unix_sockets in Consul's settings"
                         : "a firewall of this host forbids it";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files: ulimit -n, or LimitNOFILE= of the unit";
    case ETIMEDOUT:
      return std::string("a firewall drops the packets, or the host is down; or ") + other_address;
    default:
      return std::string("look at the route to that host; or ") + other_address;
  }
}

void check_certificate(report& out, const std::string& check, const tls_view& view,
                       const std::string& whose) {
  const std::string text = whose + " is valid until " + view.valid_until;
  if (view.days_left < 0) {
    out.problem(check, whose + " has expired: it was valid until " + view.valid_until,
                "renew it, or check the clock of this host");
  } else if (view.days_left < days_before_expiry) {
    const std::string left = view.days_left == 0   ? "less than a day"
                             : view.days_left == 1 ? "1 day"
                                                   : std::to_string(view.days_left) + " days";
    out.warning(check, text + ", for another " + left,
                "renew it; programs use the new files for their next connection");
  } else {
    out.ok(check, text);
  }
}

bool check_tls(report& out, int socket, const consul_config& config, time_point end) {
  const consul_tls& how = *config.tls();
  const tls_view seen = look_at_tls(socket, config, end);
  if (!seen.failed.empty()) {
    out.problem("tls", "the TLS handshake failed: " + seen.failed,
                seen.speaks_plain
                    ? "this port does not speak TLS: use the port of HTTPS, or http:// without "
                      "CONSUL_HTTP_SSL"
                    : "see Consul's log; a server with verify_incoming demands CONSUL_CLIENT_CERT "
                      "and CONSUL_CLIENT_KEY");
    return false;
  }
  const bool dated = seen.days_left >= 0;
  if (!seen.rejected.empty() && how.verify() && dated) {
    std::string remedy = "correct the certificate, or the files of CONSUL_CACERT and CONSUL_CAPATH";
    if (seen.wrong_name) remedy = "set CONSUL_TLS_SERVER_NAME to a name that the certificate has";
    if (seen.unknown_authority) remedy = "name the file of its authority in CONSUL_CACERT";
    const std::string why = seen.wrong_name ? "it is not for " + seen.name : seen.rejected;
    out.problem("tls", "the server's certificate is not accepted: " + why, remedy);
    return false;
  }
  if (how.verify()) {
    if (dated) out.ok("tls", seen.protocol + ", the certificate is for " + seen.name);
  } else {
    out.warning("tls", seen.protocol + ", and the certificate is not checked",
                "unset CONSUL_HTTP_SSL_VERIFY: any host between this one and Consul can "
                "read the token and lead in its place");
  }
  if (!seen.valid_until.empty())
    check_certificate(out, "certificate", seen, "the server's certificate");
  if (!how.client_cert().empty()) {
    const tls_view own = look_at_certificate(how.client_cert());
    if (!own.valid_until.empty())
      check_certificate(out, "client-cert", own, "the certificate of this client");
  }
  return dated || !how.verify();
}

std::vector<endpoint> unix_endpoint(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), std::min(path.size(), sizeof address.sun_path - 1));
  return {{std::string(reinterpret_cast<const char*>(&address), sizeof address), path}};
}

}  // namespace

network_facts check_network(report& out, const consul_config& config, const std::string& from,
                            time_point end) {
  network_facts facts;
  out.ok("address", config.address() + ", from " + from);
  const bool is_unix = !config.unix_path().empty();
  const std::vector<endpoint> found =
      is_unix ? unix_endpoint(config.unix_path()) : check_name(out, config, end);
  int error = 0;
  std::string tried;
  for (const endpoint& one : found) {
    const int family = reinterpret_cast<const sockaddr*>(one.bytes.data())->sa_family;
    const descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const time_point begin = boot_clock::now();
    // Leaves time for the other addresses.
    const time_point by = std::min(end, begin + std::max<duration>(1s, (end - begin) / 2));
    error = socket.number() < 0 ? errno : connect_within(socket.number(), one.bytes, by);
    tried = one.text;
    if (error != 0) continue;
    out.ok("connect", "connected to " + one.text + " in " +
                          in_milliseconds(boot_clock::now() - begin));
    facts.connected = !config.tls() || check_tls(out, socket.number(), config, by);
    if (!is_unix) facts.where = one;
    return facts;
  }
  if (!found.empty()) {
    out.problem("connect",
                "no connection to " + tried + ": " + std::generic_category().message(error),
                connect_remedy(error, is_unix));
  }
  return facts;
}

}  // namespace tenure::doctor
