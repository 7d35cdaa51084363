# ./leader_code: a user's leader code, with its unit tests in virtual time. Prints how long each
# test took.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
step(${configure} -S "${CMAKE_CURRENT_LIST_DIR}/leader_code" -B "${SCRATCH}")
step(${CMAKE_COMMAND} --build "${SCRATCH}")
step(${CMAKE_CTEST_COMMAND} --test-dir "${SCRATCH}" --verbose)
