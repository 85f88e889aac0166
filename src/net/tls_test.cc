#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <filesystem>
#include <fstream>

#include "net/http_client.h"
#include "net/testing.h"

namespace larkspur::net {
namespace {

using testing::HasSubstr;

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;

Key make_key() {
  return Key(EVP_EC_gen("P-256"));
}

void add_extension(X509* certificate, int nid, const char* value) {
  const std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  X509_add_ext(certificate, extension.get(), -1);
}

// Signed by `issuer`'s key; by its own where there is no issuer. `names` as in subjectAltName.
Certificate make_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                             const char* names) {
  Certificate certificate(X509_new());
  X509* raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), issuer == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(raw), -3600);
  X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
  X509_set_pubkey(raw, key);
  X509_NAME_add_entry_by_NID(X509_get_subject_name(raw), NID_commonName, MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(issuer == nullptr ? raw : issuer));
  if (issuer == nullptr) add_extension(raw, NID_basic_constraints, "critical,CA:TRUE");
  if (names != nullptr) add_extension(raw, NID_subject_alt_name, names);
  X509_sign(raw, issuer_key, EVP_sha256());
  return certificate;
}

// A CA whose certificate lies in a file, and an https server on a loop that it vouches for.
class TlsServer {
 public:
  explicit TlsServer(const char* names)
      : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    const Key ca_key = make_key(), key = make_key();
    const Certificate ca =
        make_certificate("Test CA", ca_key.get(), nullptr, ca_key.get(), nullptr);
    const Certificate own = make_certificate("server", key.get(), ca.get(), ca_key.get(), names);
    ca_file_ = std::filesystem::temp_directory_path() /
               ("larkspur-ca-" + std::to_string(::getpid()) + "-" +
                std::to_string(acceptor_.local_endpoint().port()) + ".pem");
    FILE* file = std::fopen(ca_file_.c_str(), "w");
    PEM_write_X509(file, ca.get());
    std::fclose(file);
    SSL_CTX_use_certificate(tls_.native_handle(), own.get());
    SSL_CTX_use_PrivateKey(tls_.native_handle(), key.get());
    thread_ = std::jthread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    std::filesystem::remove(ca_file_);
  }
  std::string url(std::string_view host) const {
    return "https://" + std::string(host) + ":" + std::to_string(acceptor_.local_endpoint().port());
  }
  std::string ca_file() const { return ca_file_.string(); }
  std::atomic<int> handshakes = 0;

 private:
  // One connection after the other; each request is answered with the name that TLS asked for.
  void serve() {
    for (;;) {
      boost::system::error_code error;
      asio::ssl::stream<asio::ip::tcp::socket> stream(context_, tls_);
      acceptor_.accept(stream.next_layer(), error);
      if (error) return;
      stream.handshake(asio::ssl::stream_base::server, error);
      if (!error) ++handshakes;
      char bytes[4096];
      while (!error && stream.read_some(asio::buffer(bytes), error) > 0) {
        const char* name = SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
        const std::string body = name == nullptr ? "no name" : name;
        asio::write(stream,
                    asio::buffer("HTTP/1.1 200 OK\r\nContent-Length: " +
                                 std::to_string(body.size()) + "\r\n\r\n" + body),
                    error);
      }
    }
  }

  asio::io_context context_;
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  asio::ip::tcp::acceptor acceptor_;
  std::filesystem::path ca_file_;
  std::jthread thread_;
};

std::vector<Result<HttpResponse>> get(const std::string& url, HttpClientOptions options,
                                      int times = 1) {
  Loops loops(1);
  std::vector<Result<HttpResponse>> answers;
  auto work = [&]() -> Async<void> {
    HttpClient client(loops.executor(0), std::move(options));
    for (int i = 0; i < times; ++i) {
      answers.push_back(
          co_await client.send(*Url::parse(url), HttpRequest(), SteadyClock::now() + 10s));
    }
  };
  asio::co_spawn(loops.executor(0), work(), [](std::exception_ptr) {});
  loops.run();
  return answers;
}

TEST(TlsTest, TrustsAGivenAuthorityAndReusesTheConnection) {
  TlsServer server("DNS:localhost,IP:127.0.0.1");
  HttpClientOptions options;
  options.ca_file = server.ca_file();
  const auto answers = get(server.url("localhost"), options, 3);
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, "localhost");  // SNI
  }
  EXPECT_EQ(server.handshakes, 1);
  const auto by_address = get(server.url("127.0.0.1"), options);
  ASSERT_TRUE(by_address[0]) << by_address[0].error().message;
  EXPECT_EQ(by_address[0]->body, "no name");
}

TEST(TlsTest, RefusesACertificateOfAnUnknownAuthority) {
  TlsServer server("DNS:localhost");
  const auto answers = get(server.url("localhost"), {});
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answers[0].error().message, HasSubstr("the certificate of https://localhost"));
}

TEST(TlsTest, RefusesACertificateForAnotherName) {
  TlsServer server("DNS:elsewhere.example,IP:10.1.2.3");
  HttpClientOptions options;
  options.ca_file = server.ca_file();
  for (const std::string_view host : {"localhost", "127.0.0.1"}) {
    const auto answers = get(server.url(host), options);
    ASSERT_FALSE(answers[0]);
    EXPECT_EQ(answers[0].error().code, ErrorCode::kUnavailable);
    EXPECT_THAT(answers[0].error().message, HasSubstr("mismatch"));
  }
}

TEST(TlsTest, NamesACaFileThatCannotBeRead) {
  HttpClientOptions options;
  options.ca_file = "/no/such/ca.pem";
  const auto answers = get("https://localhost:1/", options);
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(answers[0].error().message, HasSubstr("/no/such/ca.pem"));
}

TEST(TlsTest, APeerThatDoesNotSpeakTlsIsUnavailable) {
  auto handler = [](HttpRequest&, HttpResponder& responder) -> Async<void> {
    co_await responder.send(HttpResponse());
  };
  TestServer server(handler);
  const auto answers =
      get("https://127.0.0.1:" + std::to_string(server.get().port()), HttpClientOptions());
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace larkspur::net
