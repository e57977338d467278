# cmake -DOUTPUT=… -DSOURCE_DIR=… -DVERSION=… -P git_revision.cmake: writes eida_revision.h when it changes.
cmake_minimum_required(VERSION 3.22)
set(revision "unknown")
find_program(GIT git)
if(GIT AND EXISTS "${SOURCE_DIR}/.git")
  execute_process(COMMAND "${GIT}" rev-parse HEAD WORKING_DIRECTORY "${SOURCE_DIR}"
    OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status ERROR_QUIET)
  if(status EQUAL 0)
    set(revision "${head}")
    execute_process(COMMAND "${GIT}" diff-index --quiet HEAD -- WORKING_DIRECTORY "${SOURCE_DIR}"
      RESULT_VARIABLE dirty ERROR_QUIET)
    if(NOT dirty EQUAL 0)
      string(APPEND revision "-dirty")
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT
"#define EIDA_VERSION \"@VERSION@\"
#define EIDA_GIT_REVISION \"@revision@\"
")
