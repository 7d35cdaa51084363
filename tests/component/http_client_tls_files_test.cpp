// The files of a client's TLS: what is refused at once, and what happens when they change.
#include <catch2/catch_test_macros.hpp>

#include "component/http_client_tls.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using runtime::http_request;
using runtime::lane;
using runtime::on_stale;
using test::server_side;
using test::tls_fixture;

// What the server of a test sees: the subject of each connection's client, by its serial number.
class seen_clients {
 public:
  awaitable<void> operator()(server_side& side) {
    const std::unique_ptr<X509, decltype(&::X509_free)> shown(
        ::SSL_get1_peer_certificate(side.stream().tls()->native()), &::X509_free);
    serials_->push_back(
        shown ? ::ASN1_INTEGER_get(::X509_get0_serialNumber(shown.get())) : 0);
    for (;;) {
      co_await side.request();
      co_await side.answer("x");
    }
  }
  const std::vector<long>& serials() const { return *serials_; }

 private:
  std::shared_ptr<std::vector<long>> serials_ = std::make_shared<std::vector<long>>();
};

std::string refusal(tls_fixture& fixture, const consul_tls& how) {
  try {
    fixture.use(how);
  } catch (const bad_configuration& error) {
    CHECK(std::string_view(error.what()).find('\n') == std::string_view::npos);
    return error.what();
  }
  return "accepted";
}

TEST_CASE("files that cannot be used are refused at once, in one line") {
  tls_fixture fixture{seen_clients()};
  const auto one = fixture.authority.issue({});
  const auto other = fixture.authority.issue({});
  const std::string cert = fixture.folder.write("cert.pem", one.cert);
  const std::string key = fixture.folder.write("key.pem", one.key);
  const std::string text = fixture.folder.write("text", "no PEM");
  const std::string missing = fixture.folder.path() + "/missing";

  CHECK(refusal(fixture, consul_tls().ca_file(missing)) ==
        "the CA file \"" + missing + "\" cannot be read (No such file or directory): name a PEM "
        "file of CA certificates in CONSUL_CACERT");
  CHECK(refusal(fixture, consul_tls().ca_file(fixture.folder.path()))
            .find("cannot be read (Is a directory)") != std::string::npos);
  CHECK(refusal(fixture, consul_tls().ca_file(text)) ==
        "the CA file \"" + text + "\" has no PEM certificate: name a PEM file of CA certificates "
        "in CONSUL_CACERT");
  CHECK(refusal(fixture, consul_tls().ca_path(missing)) ==
        "the CA folder \"" + missing + "\" cannot be read (No such file or directory): name a "
        "folder of PEM files of CA certificates in CONSUL_CAPATH");
  const test::scratch_folder empty;
  CHECK(refusal(fixture, consul_tls().ca_path(empty.path()))
            .find("\" has no PEM certificate in it: name a folder") != std::string::npos);
  const auto trusting = fixture.trusting();
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(cert)) ==
        "the client certificate \"" + cert + "\" has no key: name the key's PEM file in "
        "CONSUL_CLIENT_KEY");
  CHECK(refusal(fixture, consul_tls(trusting).client_key(key)) ==
        "the client key \"" + key + "\" has no certificate: name the certificate's PEM file in "
        "CONSUL_CLIENT_CERT");
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(missing).client_key(key))
            .starts_with("the client certificate \"" + missing + "\" cannot be read ("));
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(cert).client_key(missing))
            .starts_with("the client key \"" + missing + "\" cannot be read ("));
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(text).client_key(key)) ==
        "the certificate \"" + text + "\" is not one in PEM: name a PEM certificate");
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(cert).client_key(text)) ==
        "the key \"" + text + "\" is not one in PEM: name a PEM key");
  const std::string foreign = fixture.folder.write("foreign.key", other.key);
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(cert).client_key(foreign)) ==
        "the key \"" + foreign + "\" does not belong to the certificate \"" + cert +
            "\": name the key and the certificate of one pair");
  const std::string rsa = fixture.folder.write("rsa.key", test::make_rsa_key());
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(cert).client_key(rsa)) ==
        "the key \"" + rsa + "\" does not belong to the certificate \"" + cert +
            "\": name the key and the certificate of one pair");
  CHECK(refusal(fixture, consul_tls(trusting).client_cert(cert).client_key(key)) == "accepted");
}

TEST_CASE("a renewed certificate is shown by the next connection, and kept ones are replaced") {
  seen_clients seen;
  tls_fixture fixture(seen);
  test::server_identity strict = fixture.good();
  strict.client_ca = fixture.authority.cert();
  fixture.serve(strict);
  fixture.use(fixture.showing(fixture.authority.issue({})));
  CHECK_FALSE(fixture.ask().error);
  CHECK_FALSE(fixture.ask().error);
  REQUIRE(seen.serials().size() == 1);
  fixture.showing(fixture.authority.issue({}));
  // The idle connection is used once more, and closed when it is idle again.
  CHECK_FALSE(fixture.ask().error);
  fixture.runtime.advance(5s);
  CHECK_FALSE(fixture.ask().error);
  CHECK(fixture.client->connections(lane::requests) == 0);
  CHECK_FALSE(fixture.ask().error);
  REQUIRE(seen.serials().size() == 2);
  CHECK(seen.serials()[0] != seen.serials()[1]);
  for (int i = 0; i < 3; ++i) CHECK_FALSE(fixture.ask().error);
  CHECK(seen.serials().size() == 2);
  CHECK(fixture.log->lines == std::vector<std::string>{"info TLS files changed: 127.0.0.1"});
}

TEST_CASE("a certificate that the server rejects does not end the connections that work") {
  seen_clients seen;
  tls_fixture fixture(seen);
  test::server_identity strict = fixture.good();
  strict.client_ca = fixture.authority.cert();
  fixture.serve(strict);
  fixture.use(fixture.showing(fixture.authority.issue({})), wire::lane_limits(1, 1, 1));
  const auto renew = [&] {
    const auto renewal = fixture.start(http_request("PUT", "/"), on_stale::resend, lane::renewals);
    return fixture.finish(*renewal).error;
  };
  CHECK_FALSE(renew());
  CHECK_FALSE(fixture.ask().error);
  const test::certificate_authority other("another authority");
  fixture.showing(other.issue({}));
  fixture.runtime.advance(5s);
  CHECK_FALSE(fixture.ask().error);  // this connection gives way to one with the new files
  CHECK(fixture.ask().error == consul_errc::tls_failed);
  for (int i = 0; i < 5; ++i) {
    fixture.runtime.advance(20s);
    CHECK_FALSE(renew());
    CHECK(fixture.ask().error == consul_errc::tls_failed);
  }
  const std::size_t before = seen.serials().size();
  fixture.showing(fixture.authority.issue({}));
  CHECK_FALSE(fixture.ask().error);
  CHECK_FALSE(renew());
  CHECK_FALSE(renew());
  CHECK(seen.serials().size() == before + 2);
}

TEST_CASE("while the files are half written, the old ones stay in use, and one line says so") {
  seen_clients seen;
  tls_fixture fixture(seen);
  test::server_identity strict = fixture.good();
  strict.client_ca = fixture.authority.cert();
  fixture.serve(strict);
  const auto first = fixture.authority.issue({});
  fixture.use(fixture.showing(first));
  const auto connect_anew = [&] {
    std::vector<std::unique_ptr<test::exchange>> both;  // one more than is kept
    for (int i = 0; i < 2; ++i) both.push_back(fixture.start(http_request()));
    for (const auto& one : both) CHECK_FALSE(fixture.finish(*one).error);
  };
  CHECK_FALSE(fixture.ask().error);
  const auto second = fixture.authority.issue({});
  fixture.folder.write("client.pem", second.cert);
  for (int i = 0; i < 3; ++i) {
    fixture.runtime.advance(5s);
    connect_anew();
  }
  REQUIRE(seen.serials().size() == 2);
  CHECK(seen.serials()[0] == seen.serials()[1]);
  REQUIRE(fixture.log->lines.size() == 1);
  CHECK(fixture.log->lines[0].starts_with("warn TLS files unusable: the key \""));
  CHECK(fixture.log->lines[0].find("does not belong to the certificate") != std::string::npos);

  fixture.folder.write("client.key", second.key);
  fixture.runtime.advance(5s);
  for (int i = 0; i < 3; ++i) connect_anew();
  CHECK(seen.serials().back() != seen.serials().front());
  REQUIRE(fixture.log->lines.size() == 2);
  CHECK(fixture.log->lines[1] == "info TLS files changed: 127.0.0.1");
}

TEST_CASE("when the file of the authority is repaired, the next connection works") {
  tls_fixture fixture{seen_clients()};
  const test::certificate_authority renewed("the next authority");
  fixture.serve({.own = renewed.issue({.addresses = {"127.0.0.1"}})});
  CHECK(fixture.ask().error == consul_errc::tls_failed);
  CHECK(fixture.ask().error == consul_errc::tls_failed);
  fixture.folder.write("ca.pem", fixture.authority.cert() + renewed.cert());
  CHECK_FALSE(fixture.ask().error);

  tls_fixture by_folder{seen_clients()};
  const test::scratch_folder folder;
  folder.write("a.pem", by_folder.authority.cert());
  by_folder.use(consul_tls().ca_path(folder.path()));
  by_folder.serve({.own = renewed.issue({.addresses = {"127.0.0.1"}})});
  CHECK(by_folder.ask().error == consul_errc::tls_failed);
  folder.write("b.pem", renewed.cert());
  CHECK_FALSE(by_folder.ask().error);
}

}  // namespace
