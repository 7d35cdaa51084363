// The status page: page.html with its style and scripts, embedded into the program by the build.
#pragma once

#include <string_view>

namespace tenure::sidecar {

std::string_view ui_page() noexcept;
/// Its Content-Security-Policy: the page loads nothing from elsewhere and runs its own script only,
/// whatever the names and values of elections contain.
std::string_view ui_page_policy() noexcept;
/// Which page it is. An open page of an older sidecar sees by it that it has to load again.
std::string_view ui_page_id() noexcept;

}  // namespace tenure::sidecar
