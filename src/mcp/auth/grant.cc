#include "mcp/auth/grant.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "json/value.h"
#include "json/writer.h"

namespace larkspur::mcp::auth {

namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr std::array<std::string_view, 3> kAuthNames = {"none", "client_secret_basic",
                                                        "client_secret_post"};

std::unexpected<Error> system_error(const std::filesystem::path& file, std::string_view doing) {
  return fail(ErrorCode::kIo,
              fmt::format("cannot {} {}: {}", doing, file.string(), std::strerror(errno)));
}

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::string to_json(const Grant& grant) {
  json::Writer writer;
  writer.begin_object().key("issuer").string(grant.issuer);
  writer.key("token_endpoint").string(grant.token_endpoint);
  writer.key("resource").string(grant.resource);
  writer.key("client_id").string(grant.client.id);
  writer.key("client_secret").string(grant.client.secret);
  writer.key("client_auth").string(kAuthNames[static_cast<std::size_t>(grant.client.auth)]);
  writer.key("scope").string(grant.scope);
  writer.key("wanted_scope").string(grant.wanted_scope);
  writer.key("access_token").string(grant.tokens.access_token);
  writer.key("refresh_token").string(grant.tokens.refresh_token);
  writer.key("expires").integer(grant.tokens.expires.time_since_epoch().count());
  writer.end_object();
  return writer.take() + '\n';
}

}  // namespace

Result<Grant> load_grant(const std::filesystem::path& file) {
  const File open(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (open.fd() < 0) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, file.string() + " does not exist");
    return system_error(file, "read");
  }
  struct stat facts{};
  if (::fstat(open.fd(), &facts) != 0) return system_error(file, "read");
  if ((facts.st_mode & 077) != 0) {
    return fail(ErrorCode::kDenied, file.string() +
                                        " can be read by others, so its tokens may be known; "
                                        "delete it and log in again");
  }
  std::string text(std::min(static_cast<std::size_t>(facts.st_size), kMaxFileBytes), '\0');
  const ssize_t size = ::read(open.fd(), text.data(), text.size());
  if (size < 0) return system_error(file, "read");
  text.resize(static_cast<std::size_t>(size));
  const auto document = json::Document::parse(std::move(text));
  if (!document) {
    return fail(ErrorCode::kParse, file.string() + " is damaged; delete it and log in again");
  }
  const json::Value root = document->root();
  const auto member = [&](std::string_view name) { return std::string(root[name].string()); };
  Grant grant{
      .issuer = member("issuer"),
      .token_endpoint = member("token_endpoint"),
      .resource = member("resource"),
      .client = {.id = member("client_id"), .secret = member("client_secret")},
      .scope = member("scope"),
      .tokens = {.access_token = member("access_token"), .refresh_token = member("refresh_token")},
      .wanted_scope = member("wanted_scope")};
  const auto auth = std::ranges::find(kAuthNames, root["client_auth"].string());
  if (auth != kAuthNames.end()) {
    grant.client.auth = static_cast<ClientAuth>(auth - kAuthNames.begin());
  }
  grant.tokens.expires =
      std::chrono::sys_seconds(std::chrono::seconds(root["expires"].integer().value_or(0)));
  return grant;
}

Result<void> save_grant(const std::filesystem::path& file, const Grant& grant) {
  const std::filesystem::path folder = file.parent_path();
  std::error_code error;
  if (std::filesystem::create_directories(folder, error)) {
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  }
  const std::filesystem::path draft = file.string() + '.' + random_hex(8);
  const File open(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (open.fd() < 0) return system_error(draft, "write");
  const std::string text = to_json(grant);
  const bool written = ::write(open.fd(), text.data(), text.size()) == std::ssize(text) &&
                       ::fsync(open.fd()) == 0 && ::rename(draft.c_str(), file.c_str()) == 0;
  if (written) return {};
  const auto failed = system_error(file, "write");
  ::unlink(draft.c_str());
  return failed;
}

std::string join_scopes(std::string_view first, std::string_view second) {
  std::vector<std::string_view> words;
  for (std::string_view text : {first, second}) {
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find(' '));
      text.remove_prefix(std::min(word.size() + 1, text.size()));
      if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(word);
    }
  }
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

}  // namespace larkspur::mcp::auth
