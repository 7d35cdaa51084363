// The text of a key, kept once for a participant, its terms and the watch.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/slab.hpp"

namespace tenure::impl {

/// Copies share the text, on any thread. Ordered as its text.
class key_name {
 public:
  explicit key_name(std::string text)
      : text_(runtime::make_in_slab<const std::string>(std::move(text))) {}
  key_name(const key_name&) = default;  // no move: a key_name always has a text
  key_name& operator=(const key_name&) = default;

  const std::string& text() const noexcept { return *text_; }

  class order {
   public:
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return view(a) < view(b);
    }

   private:
    static std::string_view view(const key_name& name) noexcept { return name.text(); }
    static std::string_view view(std::string_view text) noexcept { return text; }
  };

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace tenure::impl
