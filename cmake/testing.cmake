# tenure_test(NAME SOURCES file... LINK target... [LABELS label...] [ENVIRONMENT VAR=value...]
#             [TIMEOUT seconds] [COST seconds] [PROCESSORS n] [SERIAL] [WHOLE] [NO_ASIO])
#
# Adds a Catch2 test binary. Each test case becomes a ctest test "NAME/test case", or, with WHOLE,
# the binary becomes one test called NAME (for suites that share a costly fixture). SERIAL: no other
# test runs at the same time (for tests that measure time). NO_ASIO: without the precompiled header.
# COST: ctest starts the tests of the highest cost first; long ones should not run alone at the end.
# PROCESSORS: for how many of the parallel tests it counts. Two for a long computation: beside two
# of these a test that measures time would wait for a core.
#
# Two labels have a meaning: tests labelled `consul` need a real Consul and are skipped without one;
# tests labelled `threads` also run under ThreadSanitizer. The folder's name (unit, e2e, ...) is
# always a label.
function(tenure_test name)
  cmake_parse_arguments(ARG "SERIAL;WHOLE;NO_ASIO" "TIMEOUT;COST;PROCESSORS"
    "SOURCES;LINK;LABELS;ENVIRONMENT" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tenure_test(${name}): unknown arguments: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  cmake_path(GET CMAKE_CURRENT_SOURCE_DIR FILENAME folder)
  set(labels ${folder} ${ARG_LABELS})
  list(REMOVE_DUPLICATES labels)
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_COST)
    set(ARG_COST 0)
  endif()
  if(NOT ARG_PROCESSORS)
    set(ARG_PROCESSORS 1)
  endif()
  if(ARG_SERIAL)
    set(serial RUN_SERIAL TRUE)
  endif()
  if(folder MATCHES "^(unit|component|sim)$")
    list(APPEND ARG_ENVIRONMENT ${TENURE_COUNTED})
    add_dependencies(counted_tests ${name})
  endif()

  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} Catch2::Catch2WithMain tenure_warnings)
  if(NOT ARG_NO_ASIO)
    target_link_libraries(${name} PRIVATE tenure::asio)
    tenure_precompile(${name})
  endif()
  # The compiler needs a quarter less time so. What they test has the optimization of its users. g++
  # 13 and later refuse the precompiled header then, whose -O2 sets options of the processor.
  if(folder MATCHES "^(unit|component|contract)$" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND
     CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${name} PRIVATE -O1)
  endif()
  if("threads" IN_LIST labels)
    add_dependencies(threads_tests ${name})
  endif()

  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${ARG_TIMEOUT}
      COST ${ARG_COST} ENVIRONMENT "${ARG_ENVIRONMENT}" ${serial})
  else()
    # catch_discover_tests breaks properties that are lists, so a script sets them after ctest has
    # read the discovered tests.
    if(NOT folder MATCHES "^(e2e|chaos)$")
      set(no_skipping SKIP_IS_FAILURE)
    endif()
    catch_discover_tests(${name} TEST_PREFIX "${name}/" ${no_skipping}
      PROPERTIES TIMEOUT ${ARG_TIMEOUT} COST ${ARG_COST} PROCESSORS ${ARG_PROCESSORS} ${serial})
    set(script "${CMAKE_CURRENT_BINARY_DIR}/${name}_properties.cmake")
    file(CONFIGURE OUTPUT "${script}" @ONLY CONTENT [[
if(@name@_TESTS)
  set_tests_properties(${@name@_TESTS} PROPERTIES LABELS "@labels@" ENVIRONMENT "@ARG_ENVIRONMENT@")
endif()
]])
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${script}")
  endif()
endfunction()

# All tests of the ThreadSanitizer build, and those that count coverage.
if(TENURE_TESTS)
  add_custom_target(threads_tests)
  add_custom_target(counted_tests)
endif()
