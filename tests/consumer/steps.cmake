# What the consumer tests share.

# step(COMMAND...): runs a command, which must succeed.
function(step)
  list(JOIN ARGN " " line)
  message(STATUS "${line}")
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# refused(TEXT COMMAND...): runs a command, which must fail and print TEXT.
function(refused text)
  list(JOIN ARGN " " line)
  message(STATUS "must fail: ${line}")
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE out ERROR_VARIABLE out)
  string(REGEX REPLACE "[ \n]+" " " flat "${out}")
  string(FIND "${flat}" "${text}" at)
  if(result EQUAL 0 OR at EQUAL -1)
    message(FATAL_ERROR "expected a failure that says \"${text}\", got ${result}:\n${out}")
  endif()
endfunction()

# Arguments of cmake that configure a project as this build is configured, against the prefix.
set(configure ${CMAKE_COMMAND} -G Ninja "-DCMAKE_PREFIX_PATH=${PREFIX}"
  "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_FLAGS=${FLAGS}" "-DCMAKE_BUILD_TYPE=${TYPE}")

# In a process with an embedded agent. The first argument is what the program must print.
set(with_agent ${PYTHON} "${SOURCE}/tests/toolchain/with_agent.py" "${PREFIX}/bin/tenure")
set(symbols ${PYTHON} "${CMAKE_CURRENT_LIST_DIR}/symbols.py")
