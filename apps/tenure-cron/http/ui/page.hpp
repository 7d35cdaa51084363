// The status page of tenure-cron: page.html with its style and scripts, embedded by the build.
#pragma once

#include <string_view>

namespace tenure::cron {

std::string_view ui_page() noexcept;
/// Its Content-Security-Policy: the page loads nothing from elsewhere and runs its own script only,
/// whatever the names of jobs and hosts contain.
std::string_view ui_page_policy() noexcept;
/// Which page it is.
std::string_view ui_page_id() noexcept;

}  // namespace tenure::cron
