// The certificate of the HTTP server: files that change, clients with certificates, sessions that
// are resumed, and files that cannot be used.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "support/tls_probe.hpp"
#include "tls_fixture.hpp"

namespace tenure::test {
namespace {

using Catch::Matchers::ContainsSubstring;

class files_case {
 public:
  files_case() {
    folder.write(issue(authority, "first"));
    folder.write("ca.pem", authority.cert());
  }
  wire::server_tls_files with_client_ca() const {
    wire::server_tls_files files = folder.names();
    files.client_ca = folder.path("ca.pem");
    return files;
  }
  std::string server_name(const std::string& address) const {
    return tls_probe(address, client).server_name();
  }

  certificate_authority authority{"test authority"};
  server_files folder;
  tls_client client;
};

}  // namespace

TEST_CASE_METHOD(files_case, "TLS: a changed certificate is used for new connections") {
  const auto log = std::make_shared<server_log>();
  tls_server server(folder.names(), {}, log);
  tls_probe open(server.address(), client);
  CHECK(open.server_name() == "first");
  folder.write(issue(authority, "second"));
  CHECK(server_name(server.address()) == "second");
  CHECK(open.get("/3") == "xxx");
  CHECK(log->lines() == std::vector<std::string>{"info TLS files changed certificate=" +
                                                 folder.path("cert.pem")});
}

TEST_CASE_METHOD(files_case, "TLS: files that do not match are not used, with one warning") {
  const auto log = std::make_shared<server_log>();
  tls_server server(folder.names(), {}, log);
  const key_pair next = issue(authority, "second");
  folder.write("cert.pem", next.cert);
  for (int i = 0; i < 3; ++i) CHECK(server_name(server.address()) == "first");
  REQUIRE(log->lines().size() == 1);
  CHECK(log->lines()[0] == "warn TLS files unusable why=the key \"" +
                               folder.path("key.pem") +
                               "\" does not belong to the certificate \"" +
                               folder.path("cert.pem") +
                               "\": name the key and the certificate of one pair");
  folder.write("key.pem", next.key);
  CHECK(server_name(server.address()) == "second");
  CHECK(log->lines().size() == 2);
  std::remove(folder.path("cert.pem").c_str());
  for (int i = 0; i < 3; ++i) CHECK(server_name(server.address()) == "second");
  REQUIRE(log->lines().size() == 3);
  CHECK_THAT(log->lines()[2], ContainsSubstring("cannot be read (No such file or directory)"));
}

// Like a key that gets its owner or its permissions after it was written: the same file, with the
// same size and the same time of its last write.
TEST_CASE_METHOD(files_case, "TLS: files that could not be used are read again") {
  const auto log = std::make_shared<server_log>();
  tls_server server(folder.names(), {}, log);
  const key_pair next = issue(authority, "second");
  const key_pair other = issue(authority, "other");
  REQUIRE(next.key.size() == other.key.size());
  folder.write("cert.pem", next.cert);
  folder.write("key.pem", other.key);
  const auto written = std::filesystem::last_write_time(folder.path("key.pem"));
  for (int i = 0; i < 3; ++i) CHECK(server_name(server.address()) == "first");
  CHECK(log->lines().size() == 1);
  std::ofstream(folder.path("key.pem"), std::ios::binary) << next.key;
  std::filesystem::last_write_time(folder.path("key.pem"), written);
  CHECK(server_name(server.address()) == "second");
  CHECK(log->lines().size() == 2);
}

TEST_CASE_METHOD(files_case, "TLS: clients must show a certificate of their authority") {
  const auto log = std::make_shared<server_log>();
  tls_server server(with_client_ca(), {}, log);
  const auto answer = [&](const tls_client& who) {
    // With TLS 1.3 a client learns of the refusal when it reads.
    return tls_probe(server.address(), who).get("/3");
  };
  for (const auto version : {tls_client::version::newest, tls_client::version::tls_1_2}) {
    const bool newest = version == tls_client::version::newest;
    CHECK_THROWS_WITH(answer(tls_client(version)),
                      ContainsSubstring(newest ? "certificate required" : "handshake failure"));
    tls_client stranger(version);
    const certificate_authority other("another authority");
    stranger.show(issue(other, "stranger"));
    CHECK_THROWS_WITH(answer(stranger), ContainsSubstring("unknown ca"));
    tls_client known(version);
    known.show(issue(authority, "client"));
    CHECK(answer(known) == "xxx");
  }
  CHECK(log->lines().size() == 4);
  CHECK(log->lines()[0].starts_with(
      "info TLS handshake failed client=127.0.0.1 error=peer did not return a certificate"));
}

TEST_CASE_METHOD(files_case, "TLS: sessions are resumed") {
  for (const bool with_certificate : {false, true}) {
    tls_server server(with_certificate ? with_client_ca() : folder.names());
    for (const auto version : {tls_client::version::newest, tls_client::version::tls_1_2}) {
      tls_client who(version);
      if (with_certificate) who.show(issue(authority, "client"));
      tls_probe first(server.address(), who);
      CHECK(first.get("/3") == "xxx");  // reads the ticket, too
      CHECK_FALSE(first.was_resumed());
      tls_probe second(server.address(), who, first.session());
      CHECK(second.get("/3") == "xxx");
      CHECK(second.was_resumed());
    }
  }
}

TEST_CASE_METHOD(files_case, "TLS: a session does not outlive the authority of its client") {
  tls_server server(with_client_ca());
  tls_client who;
  who.show(issue(authority, "client"));
  tls_probe first(server.address(), who);
  CHECK(first.get("/3") == "xxx");
  folder.write("ca.pem", certificate_authority("another authority").cert());
  CHECK_THROWS_WITH(tls_probe(server.address(), who, first.session()).get("/3"),
                    ContainsSubstring("unknown ca"));
}

TEST_CASE_METHOD(files_case, "TLS: files that cannot be used are named, with the remedy") {
  const auto check = [&](wire::server_tls_files files, const std::string& line) {
    CHECK_THROWS_WITH(wire::server_tls(files), ContainsSubstring(line));
  };
  wire::server_tls_files files = folder.names();
  files.certificate = folder.path("none.pem");
  check(files, "the certificate \"" + files.certificate +
                   "\" cannot be read (No such file or directory): name a PEM file with the "
                   "server's certificate, then its chain");
  files = folder.names();
  files.certificate = folder.path("key.pem");
  check(files, "the certificate \"" + files.certificate + "\" is not one in PEM: ");
  files = folder.names();
  files.key = folder.path("cert.pem");
  check(files, "the key \"" + files.key + "\" is not one in PEM: ");
  folder.write("other.pem", issue(authority, "other").key);
  files.key = folder.path("other.pem");
  check(files, "the key \"" + files.key + "\" does not belong to the certificate \"" +
                   files.certificate + "\": ");
  folder.write("rsa.pem", make_rsa_key());
  files.key = folder.path("rsa.pem");
  check(files, "the key \"" + files.key + "\" does not belong to the certificate \"" +
                   files.certificate + "\": ");
  files = with_client_ca();
  files.client_ca = folder.path("key.pem");
  check(files, "the client CA file \"" + files.client_ca +
                   "\" has no PEM certificate: name a PEM file with the certificates of the "
                   "clients' authorities");
}

}  // namespace tenure::test
