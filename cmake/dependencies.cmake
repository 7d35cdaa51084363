# The libraries that tenure needs. Debian 12 and its successors package all of them.
find_package(Threads REQUIRED)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)  # by the configuration that Boost installs
endif()
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(simdjson REQUIRED)

# Each of these two makes a component of the package: tenure::spdlog, tenure::agent. The library
# itself does not need them.
set(required)
if(TENURE_APPS OR TENURE_BENCH OR TENURE_TESTS)
  set(required REQUIRED)
endif()
find_package(spdlog ${required})
find_package(re2 ${required})  # uses cmake/Findre2.cmake

if(TENURE_APPS)
  include("${PROJECT_SOURCE_DIR}/apps/dependencies.cmake")
endif()
if(TENURE_TESTS)
  find_package(Catch2 3 REQUIRED)
  include(Catch)
endif()
