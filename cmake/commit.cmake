# Writes HEADER, which has the commit of this source tree. A tree that has changed since its commit
# says so. Leaves the file alone if the commit is still the same.
#
#   cmake -D HEADER=file -P commit.cmake
cmake_minimum_required(VERSION 3.25)
get_filename_component(source "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
set(commit "")
if(EXISTS "${source}/.git")
  find_program(git git)
  if(git)
    execute_process(COMMAND "${git}" -C "${source}" describe --always --dirty --abbrev=12
        --exclude "*"
      OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
else()  # a tarball: `git archive` has put the commit into this file
  file(READ "${CMAKE_CURRENT_LIST_DIR}/archived_commit.txt" archived)
  if(archived MATCHES "commit: ([0-9a-f]+)")
    string(SUBSTRING "${CMAKE_MATCH_1}" 0 12 commit)
  endif()
endif()
file(CONFIGURE OUTPUT "${HEADER}" @ONLY CONTENT
  "#pragma once\n\n#define TENURE_COMMIT \"@commit@\"\n")
