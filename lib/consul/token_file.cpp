#include "consul/token_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <tenure/bad_configuration.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/input_file.hpp>
#include <tenure/toolkit/utf8.hpp>
#include <utility>

namespace tenure {
namespace consul {
namespace {

using namespace std::chrono_literals;

constexpr const char* is_empty = "is empty";
// How long after the first refusal of a token a request waits for the next one.
constexpr duration worth_waiting = 2s;

/// What a write or a replacement of the file changes, unless it comes within one tick of the file
/// system's clock.
class file_stamp {
 public:
  file_stamp() = default;
  explicit file_stamp(const struct stat& info) noexcept
      : device_(info.st_dev),
        inode_(info.st_ino),
        size_(info.st_size),
        written_{info.st_mtim.tv_sec, info.st_mtim.tv_nsec},
        changed_{info.st_ctim.tv_sec, info.st_ctim.tv_nsec} {}
  friend bool operator==(const file_stamp&, const file_stamp&) = default;

 private:
  dev_t device_ = 0;
  ino_t inode_ = 0;
  off_t size_ = 0;
  std::pair<time_t, long> written_{};
  std::pair<time_t, long> changed_{};
};

/// The text of a file that is not longer than any token. Otherwise empty, and `why` says why.
std::string read_small(const std::string& path, std::string& why) {
  runtime::input_file file = runtime::read_input(path, longest_secret);
  if (file.problem.empty()) return std::move(file.text);
  why = file.problem.starts_with("is larger") ? "is longer than any token"
                                              : "cannot be read (" + file.problem + ")";
  return {};
}

class token_file final : public token_source {
 public:
  token_file(std::string path, std::string until_then, std::shared_ptr<log_sink> log,
             std::shared_ptr<const runtime::clock> clock);

  std::string token() override;
  bool refused(const std::string& token, token_refusal why) override;

  /// Why there is no token in the file now; empty if there is one.
  const std::string& failure() const noexcept { return failure_; }

 private:
  enum class look { if_changed, always };

  void refresh(look how);
  std::optional<std::string> read();
  void fail(const std::string& why);

  const std::string path_;
  const std::shared_ptr<log_sink> log_;
  const std::shared_ptr<const runtime::clock> clock_;
  std::mutex mutex_;
  std::string token_;
  file_stamp stamp_;
  bool was_regular_ = false;
  std::string failure_;  ///< why the file is of no use now; empty: it is good
  bool has_token_ = false;
  std::string refused_;  ///< the last token that was
  time_point refused_at_{};
};

token_file::token_file(std::string path, std::string until_then, std::shared_ptr<log_sink> log,
                       std::shared_ptr<const runtime::clock> clock)
    : path_(std::move(path)),
      log_(std::move(log)),
      clock_(std::move(clock)),
      token_(std::move(until_then)) {
  struct stat info{};
  if (::stat(path_.c_str(), &info) == 0) {
    stamp_ = file_stamp(info);
    was_regular_ = S_ISREG(info.st_mode);
  }
  if (auto found = read()) {
    token_ = std::move(*found);
    has_token_ = true;
  }
}

// The stamp is taken before the read: a change in between is noticed the next time.
void token_file::refresh(look how) {
  struct stat info{};
  if (::stat(path_.c_str(), &info) != 0)
    return fail(std::string("cannot be read (") + std::strerror(errno) + ")");
  if (!S_ISREG(info.st_mode)) {
    // A pipe was read once, at the start. Another read would block.
    if (was_regular_) fail("is no regular file");
    return;
  }
  was_regular_ = true;
  const file_stamp now(info);
  if (how == look::if_changed && failure_.empty() && now == stamp_) return;
  stamp_ = now;
  const std::optional<std::string> found = read();
  if (!found) return;
  if (!has_token_ || *found != token_)
    log_->log(log_level::info, "token changed", {{"file", path_}});
  token_ = *found;
  has_token_ = true;
}

// Nothing if the file holds no token: failure_ says why.
std::optional<std::string> token_file::read() {
  std::string why;
  std::string found = trimmed_token(read_small(path_, why));
  if (why.empty() && found.empty()) why = is_empty;
  if (why.empty()) why = bad_secret(found);
  if (!why.empty()) {
    fail(why);
    return std::nullopt;
  }
  if (!failure_.empty() && has_token_)
    log_->log(log_level::info, "token file readable again", {{"file", path_}});
  failure_.clear();
  return found;
}

// One warning until the file is good again. At the start the maker refuses it.
void token_file::fail(const std::string& why) {
  if (failure_.empty() && has_token_) {
    log_->log(log_level::warn, "token file unusable, the last token stays in use",
              {{"file", path_}, {"why", why}});
  }
  failure_ = why;
}

std::string token_file::token() {
  const std::lock_guard lock(mutex_);
  refresh(look::if_changed);
  return token_;
}

bool token_file::refused(const std::string& token, token_refusal) {
  const std::lock_guard lock(mutex_);
  refresh(look::always);
  if (token != token_) return true;
  const time_point now = clock_->now();
  if (token != refused_) refused_at_ = now;
  refused_ = token;
  return now - refused_at_ < worth_waiting;
}

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) result += text::is_printable(c) ? c : '?';
  return result + "\"";
}

}  // namespace

std::shared_ptr<token_source> follow_token_file(std::string path, std::string until_then,
                                                empty_file when_empty,
                                                std::shared_ptr<log_sink> log,
                                                std::shared_ptr<const runtime::clock> clock) {
  const std::string name = in_quotes(path);
  auto made = std::make_shared<token_file>(std::move(path), std::move(until_then),
                                           log ? std::move(log) : silent_log(), std::move(clock));
  const std::string& why = made->failure();
  if (!why.empty() && !(why == is_empty && when_empty == empty_file::no_token_yet))
    throw bad_configuration("the file " + name + " " + why +
                            ": name a file that holds the token");
  return made;
}

std::string trimmed_token(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || text::is_control(c); };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::string bad_secret(std::string_view text) {
  if (text.size() > longest_secret) {
    return "is too long (" + std::to_string(text.size()) + " bytes)";
  }
  if (std::ranges::any_of(text, text::is_control))
    return "holds control characters (its value is not shown)";
  if (!text::is_utf8(text)) return "is not UTF-8 (its value is not shown)";
  return "";
}

}  // namespace consul

std::shared_ptr<token_source> token_from_file(std::string path, std::shared_ptr<log_sink> log) {
  return consul::follow_token_file(std::move(path), {}, consul::empty_file::refused,
                                   std::move(log));
}

}  // namespace tenure
