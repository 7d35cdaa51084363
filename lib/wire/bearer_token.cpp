#include <algorithm>
#include <optional>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/http_access.hpp>
#include <tenure/toolkit/input_file.hpp>
#include <utility>

#include "wire/tls_files.hpp"

namespace tenure::wire {
namespace {

constexpr std::size_t longest = 4096;

bool same_secret(std::string_view a, std::string_view b) noexcept {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    different = static_cast<unsigned char>(different | (a[i] ^ other));
  }
  return different == 0;
}

/// What a header has after the name of its scheme; nothing for another scheme.
std::optional<std::string_view> after_scheme(std::string_view header, std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return std::nullopt;
  if (!text::iequals(header.substr(0, scheme.size()), scheme)) return std::nullopt;
  header.remove_prefix(std::min(header.find_first_not_of(' ', scheme.size()), header.size()));
  return header;
}

/// Why a text cannot be a token; empty if it can.
std::string fault_of(std::string_view token) {
  if (token.empty()) return "is empty";
  if (token.size() > longest) return "is longer than 4096 bytes";
  const auto sent = [](char c) { return c >= ' ' && c <= '~'; };
  if (!std::ranges::all_of(token, sent))
    return "has control characters or characters beyond ASCII";
  return {};
}

class fixed_token final : public bearer_token {
 public:
  explicit fixed_token(std::string value) : value_(std::move(value)) {}
  bool equals(std::string_view secret) override { return same_secret(secret, value_); }

 private:
  const std::string value_;
};

class file_token final : public bearer_token {
 public:
  file_token(std::string path, std::shared_ptr<log_sink> log)
      : path_(std::move(path)), log_(std::move(log)), read_(stamp_of(path_)) {
    std::string why;
    value_ = read(why);
    if (!why.empty()) throw bad_configuration("the token file \"" + path_ + "\" " + why);
  }

  bool equals(std::string_view secret) override {
    refresh();
    return same_secret(secret, value_);
  }

 private:
  // Looks at the file before it reads it: a change in between is read the next time.
  void refresh() {
    file_stamp now = stamp_of(path_);
    if (now == read_ && warned_.empty()) return;
    std::string why;
    std::string found;
    if (now.exists && !now.regular) {
      why = "is no regular file";  // requests would wait for the writer of a FIFO
    } else {
      found = read(why);
    }
    if (!why.empty()) {
      if (why != std::exchange(warned_, why)) {
        log_->log(log_level::warn, "token file unusable, the last token stays in use",
                  {{"file", path_}, {"why", why}});
      }
      return;
    }
    read_ = std::move(now);
    warned_.clear();
    if (found == value_) return;
    value_ = std::move(found);
    log_->log(log_level::info, "token changed", {{"file", path_}});
  }

  std::string read(std::string& why) const {
    runtime::input_file file = runtime::read_input(path_, longest + 16);
    if (file.problem.starts_with("is larger")) {
      why = "is longer than 4096 bytes";
      return {};
    }
    if (!file.problem.empty()) {
      why = "cannot be read (" + file.problem + ")";
      return {};
    }
    std::string found = std::move(file.text);
    found.erase(found.find_last_not_of(" \t\r\n") + 1);
    why = fault_of(found);
    return found;
  }

  const std::string path_;
  const std::shared_ptr<log_sink> log_;
  std::string value_;
  file_stamp read_;     ///< when the file was last read with success
  std::string warned_;  ///< why the file is of no use now; empty: it is good
};

}  // namespace

bool bearer_token::in_bearer(std::string_view authorization) {
  const auto given = after_scheme(authorization, "Bearer");
  return given && equals(*given);
}

bool bearer_token::in_basic(std::string_view authorization) {
  const auto given = after_scheme(authorization, "Basic");
  if (!given) return false;
  const auto pair = text::base64_decode(*given);
  if (!pair) return false;
  const std::size_t colon = pair->find(':');
  return colon != pair->npos && equals(std::string_view(*pair).substr(colon + 1));
}

std::shared_ptr<bearer_token> token_of(std::string value) {
  if (const std::string why = fault_of(value); !why.empty())
    throw bad_configuration("the token " + why);
  return std::make_shared<fixed_token>(std::move(value));
}

std::shared_ptr<bearer_token> token_in_file(std::string path, std::shared_ptr<log_sink> log) {
  return std::make_shared<file_token>(std::move(path), log ? std::move(log) : silent_log());
}

}  // namespace tenure::wire
