# The steps of the consumer test. The first failure ends it.
set(PREFIX "${SCRATCH}/installed")
file(REMOVE_RECURSE "${SCRATCH}")

function(step)
  list(JOIN ARGN " " line)
  message(STATUS "${line}")
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

step(${CMAKE_COMMAND} --install "${BUILD}" --prefix "${PREFIX}")

# Only public headers are installed, none of a layer.
file(GLOB_RECURSE headers RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
list(FILTER headers EXCLUDE REGEX "^tenure/")
if(headers)
  message(FATAL_ERROR "private headers are installed: ${headers}")
endif()

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

step(${CMAKE_COMMAND} -S "${PROJECT}" -B "${SCRATCH}/build" -G Ninja
  "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
  "-DCMAKE_BUILD_TYPE=${TYPE}")
step(${CMAKE_COMMAND} --build "${SCRATCH}/build")
step(${PYTHON} "${WITH_AGENT}" "${PREFIX}/bin/tenure" --expect "led consumer/leader" --
  "${SCRATCH}/build/consumer")

# Leader code and its unit tests in virtual time. Prints how long each test took.
step(${CMAKE_COMMAND} -S "${PROJECT}/../leader_code" -B "${SCRATCH}/leader_code" -G Ninja
  "-DCMAKE_PREFIX_PATH=${PREFIX}" "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}"
  "-DCMAKE_BUILD_TYPE=${TYPE}")
step(${CMAKE_COMMAND} --build "${SCRATCH}/leader_code")
step(${CMAKE_CTEST_COMMAND} --test-dir "${SCRATCH}/leader_code" --verbose)
