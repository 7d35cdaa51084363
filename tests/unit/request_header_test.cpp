// The strict checks of a request's header: what is refused, and as what.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <tenure/toolkit/ip_range.hpp>

#include "wire/request_header.hpp"

namespace tenure::wire {
namespace {

constexpr std::size_t target_limit = 100;

/// The status by which a request with these fields is refused; 0: it is not.
unsigned fields(const std::string& lines, const std::string& version = "1.1") {
  const std::string header = "POST / HTTP/" + version + "\r\n" + lines + "\r\n";
  return check_header(header, target_limit).status;
}

unsigned request_line(const std::string& line) {
  return check_header(line + "\r\nHost: x\r\n\r\n", target_limit).status;
}

header_state scan(const std::string& input) {
  std::size_t scanned = 0;
  return scan_header(input, scanned).state;
}

}  // namespace

TEST_CASE("The end of a header is found in any pieces") {
  const std::string header = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  for (const std::string& rest : {std::string(), std::string("GET / HTTP/1.1\r\n\r\n")}) {
    for (std::size_t piece = 1; piece <= header.size() + rest.size(); ++piece) {
      const std::string all = header + rest;
      std::size_t scanned = 0;
      header_scan found;
      for (std::size_t end = piece; found.state == header_state::incomplete; end += piece) {
        found = scan_header(all.substr(0, end), scanned);
      }
      CHECK(found.state == header_state::complete);
      CHECK(found.size == header.size());
    }
  }
}

TEST_CASE("A header with control characters or bare line ends is invalid at once") {
  CHECK(scan("GET / HTTP/1.1\n") == header_state::invalid);
  CHECK(scan("GET / HTTP/1.1\r\nHost: x\n\n") == header_state::invalid);
  CHECK(scan("GET / HTTP/1.1\rHost") == header_state::invalid);
  CHECK(scan(std::string("GET /\0", 6)) == header_state::invalid);
  CHECK(scan("\x16\x03\x01") == header_state::invalid);  // a TLS handshake
  CHECK(scan("GET / HTTP/1.1\r\nX: a\x7f") == header_state::invalid);
  CHECK(scan("GET / HTTP/1.1\r\nX: a\tb\xc3\xa4\r\n\r\n") == header_state::complete);
  CHECK(scan("GET / HTTP/1.1\r\nX: a\r") == header_state::incomplete);
}

TEST_CASE("Request lines") {
  for (const char* good :
       {"GET / HTTP/1.1", "GET /a%20b?%zz HTTP/1.1", "HEAD /x HTTP/1.0", "BREW /pot HTTP/1.1",
        "GET http://host:80/a?b HTTP/1.1", "GET HTTPS://host HTTP/1.1", "OPTIONS * HTTP/1.1",
        "CONNECT host:443 HTTP/1.1", "GET /\xc3\xa4 HTTP/1.1"}) {
    INFO(good);
    CHECK(request_line(good) == 0);
  }
  for (const char* bad :
       {"nonsense", "", " ", "GET", "GET /", "GET  / HTTP/1.1", "GET /  HTTP/1.1",
        "GET /a b HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "G(T / HTTP/1.1",
        "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/1.10", "GET / HTTX/1.1",
        "GET * HTTP/1.1", "GET a HTTP/1.1",
        "GET host:80 HTTP/1.1", "GET http:///a HTTP/1.1", "GET ://host/a HTTP/1.1",
        "GET /% HTTP/1.1", "GET /%4 HTTP/1.1", "GET /%4x HTTP/1.1",
        "GET http://h/%zz HTTP/1.1", "GET \thttp://h/ HTTP/1.1"}) {
    INFO(bad);
    CHECK(request_line(bad) == 400);
  }
  CHECK(request_line("PRI * HTTP/2.0") == 505);
  CHECK(request_line("GET / HTTP/1.2") == 505);
  const std::string long_path(target_limit, 'x');
  CHECK(request_line("GET /" + long_path.substr(1) + " HTTP/1.1") == 0);
  CHECK(request_line("GET /" + long_path + " HTTP/1.1") == 414);
}

TEST_CASE("Fields that requests are smuggled by") {
  const std::string host = "Host: x\r\n";
  for (const char* good :
       {"", "Content-Length: 0\r\n", "content-length:\t7 \r\n", "Transfer-Encoding: chunked\r\n",
        "TRANSFER-ENCODING: Chunked\r\n", "Expect: 100-Continue\r\n", "X:\r\n", "X: a:b\r\n"}) {
    INFO(good);
    CHECK(fields(host + good) == 0);
  }
  for (const char* bad :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 1\r\n", "Content-Length: +1\r\n", "Content-Length: -1\r\n",
        "Content-Length: 0x1\r\n", "Content-Length: 1 1\r\n", "Content-Length:\r\n",
        "Content-Length: 9999999999999999999\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length : 1\r\n", "Transfer-Encoding : chunked\r\n", " X: folded\r\n",
        "X: a\r\n folded\r\n", "\tX: folded\r\n", ": no name\r\n", "no colon\r\n",
        "Na\xc3\xa4me: x\r\n", "N@me: x\r\n",
        "Authorization: Bearer a\r\nauthorization: Bearer b\r\n"}) {
    INFO(bad);
    CHECK(fields(host + bad) == 400);
  }
  for (const char* unknown :
       {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, gzip\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n", "Transfer-Encoding:\r\n"}) {
    INFO(unknown);
    CHECK(fields(host + unknown) == 501);
  }
  CHECK(fields("Transfer-Encoding: chunked\r\n", "1.0") == 400);
  CHECK(fields(host + "Expect: the-unexpected\r\n") == 417);
  CHECK(fields("Expect: the-unexpected\r\n", "1.0") == 0);
}

TEST_CASE("A request names one server") {
  CHECK(fields("") == 400);
  CHECK(fields("", "1.0") == 0);
  CHECK(fields("Host: a\r\nHost: a\r\n") == 400);
  CHECK(fields("Host: a\r\nhost: b\r\n", "1.0") == 400);
  for (const char* good : {"Host:\r\n", "Host: a.b:80\r\n", "Host: [::1]:80\r\n"}) {
    CHECK(fields(good) == 0);
  }
  for (const char* bad : {"Host: a b\r\n", "Host: a/b\r\n", "Host: a@b\r\n", "Host: a\"\r\n",
                          "Host: \xc3\xa4\r\n"}) {
    INFO(bad);
    CHECK(fields(bad) == 400);
  }
}

TEST_CASE("A header above the limit is refused for its target or for its fields") {
  const std::string much(target_limit + 1, 'x');
  CHECK(oversized_header("GET /" + much, target_limit).status == 414);
  CHECK(oversized_header("GET /" + much + " HTTP/1.1\r\nX: y", target_limit).status == 414);
  CHECK(oversized_header("GET /" + much, 0).status == 431);
  CHECK(oversized_header("GET / HTTP/1.1\r\nX: " + much, target_limit).status == 431);
  CHECK(oversized_header(much, target_limit).status == 431);
}

TEST_CASE("The origin form of a target") {
  CHECK(origin_form("/a?b") == "/a?b");
  CHECK(origin_form("http://host:1/a?b") == "/a?b");
  CHECK(origin_form("http://host") == "/");
  CHECK(origin_form("http://host?b") == "/?b");
  CHECK(origin_form("/a?u=http://b/c") == "/a?u=http://b/c");
  CHECK(origin_form("*") == "*");
}

TEST_CASE("Ranges of addresses") {
  const auto within = [](const char* range, std::string_view address) {
    return ip_range::parse(range).value().contains(address);
  };
  CHECK(within("10.1.2.3", "\x0a\x01\x02\x03"));
  CHECK(!within("10.1.2.3", "\x0a\x01\x02\x04"));
  CHECK(within("10.0.0.0/8", "\x0a\xff\x02\x04"));
  CHECK(!within("10.0.0.0/8", "\x0b\x01\x02\x04"));
  CHECK(within("10.128.0.0/9", "\x0a\xff\x02\x04"));
  CHECK(!within("10.128.0.0/9", "\x0a\x7f\x02\x04"));
  CHECK(within("0.0.0.0/0", "\x0b\x01\x02\x04"));
  const std::string v6 = "\xfd" + std::string(15, '\0');
  CHECK(within("fd00::/8", v6));
  CHECK(!within("fe00::/8", v6));
  CHECK(!within("0.0.0.0/0", v6));
  CHECK(!within("::/0", {}));
  for (const char* bad : {"", "x", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                          "::/129", "10.0.0.0/8x", "localhost"}) {
    INFO(bad);
    CHECK(!ip_range::parse(bad));
  }
}

}  // namespace tenure::wire
