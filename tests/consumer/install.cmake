# Installs this build below the prefix, and looks at what is there.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${PREFIX}")
step(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${PREFIX}")

# Only public headers are installed, none of a layer. They define no macro.
file(GLOB_RECURSE headers RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
foreach(header ${headers})
  if(NOT header MATCHES "^tenure(/|\\.hpp$)")
    message(FATAL_ERROR "a private header is installed: ${header}")
  endif()
  file(STRINGS "${PREFIX}/include/${header}" macros REGEX "^[ \t]*#[ \t]*define")
  if(macros)
    message(FATAL_ERROR "${header} defines a macro: ${macros}")
  endif()
endforeach()

# Juju's names work, and man pages and completions are installed.
step("${PREFIX}/bin/is-leader" --help)
foreach(file share/man/man1/tenure-run.1 share/man/man1/is-leader.1 share/man/man1/tenure-cron.1
    share/bash-completion/completions/tenure share/bash-completion/completions/tenure-cron
    share/zsh/site-functions/_tenure share/zsh/site-functions/_tenure-cron
    share/fish/vendor_completions.d/tenure.fish share/fish/vendor_completions.d/tenure-cron.fish)
  if(NOT EXISTS "${PREFIX}/${file}")
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()

# The units name the installed programs, and their sandbox is tight: an exposure below 2.0.
find_program(systemd_analyze systemd-analyze)
file(GLOB units "${PREFIX}/lib/systemd/system/*.service")
list(LENGTH units count)
if(NOT count EQUAL 3)
  message(FATAL_ERROR "not three units, but: ${units}")
endif()
if(systemd_analyze)
  step("${systemd_analyze}" verify --man=no ${units})
  step("${systemd_analyze}" security --no-pager --offline=true --threshold=19 ${units})
elseif("$ENV{CI}" MATCHES "^(true|1)$")
  message(FATAL_ERROR "systemd-analyze is missing, and CI is set")
else()
  message(STATUS "skipped: no systemd-analyze (./dev setup installs it)")
endif()
