# ./project: the same program with the static and with the shared library.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
step(${configure} -S "${CMAKE_CURRENT_LIST_DIR}/project" -B "${SCRATCH}")
step(${CMAKE_COMMAND} --build "${SCRATCH}")
foreach(program with_static with_shared with_shared_own_asio)
  step(${with_agent} --expect "led consumer/leader" -- "${SCRATCH}/${program}")
endforeach()

file(GLOB_RECURSE library "${PREFIX}/*/libtenure.so")
step(${symbols} library "${library}" "${PREFIX}/include")
step(${symbols} program "${SCRATCH}/with_static")
step(${symbols} program "${SCRATCH}/with_shared" "${library}")
step(${symbols} program "${SCRATCH}/with_shared_own_asio" "${library}")
