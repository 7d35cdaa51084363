# Counts which lines of the layers core, consul and election run, by clang's source-based coverage.
# The preset asan does, so that a run of its tests counts as well. Only these layers are compiled
# for it, which costs little.
#
# A program writes its counts when it exits, to the file that LLVM_PROFILE_FILE names. Only the
# tests that are meant to be counted have that variable: tenure_test. All others, such as the tools
# that the end-to-end tests start and kill, write them to /dev/null.
#
# tenure_count_coverage(LAYER)
function(tenure_count_coverage layer)
  if(TENURE_COVERAGE)
    target_compile_options(tenure_${layer} PRIVATE
      -fprofile-instr-generate=/dev/null -fcoverage-mapping)
  endif()
endfunction()

if(TENURE_COVERAGE)
  add_link_options(-fprofile-instr-generate)
  # %m: one file for each program, into which its runs are merged, under a lock.
  set(TENURE_COUNTED "LLVM_PROFILE_FILE=${PROJECT_BINARY_DIR}/coverage/%m.profraw")
endif()
