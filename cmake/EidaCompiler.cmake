# Flags that every target of the project shares, and ccache when it is there.
find_program(EIDA_CCACHE ccache)
if(EIDA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without this sloppiness ccache keeps nothing that uses a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime "${EIDA_CCACHE}")
endif()

add_library(eida_flags INTERFACE)
target_compile_options(eida_flags INTERFACE -Wall -Wextra -Wno-unused-parameter
  "-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=")  # messages name a file of the project, not of this machine
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False alarms of g++ 12 in std::string at -O3.
  target_compile_options(eida_flags INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
endif()
if(EIDA_WERROR)
  target_compile_options(eida_flags INTERFACE -Werror)
endif()
if(EIDA_SANITIZE)
  target_compile_options(eida_flags INTERFACE
    -fsanitize=${EIDA_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(eida_flags INTERFACE -fsanitize=${EIDA_SANITIZE})
endif()
if(EIDA_COVERAGE)
  target_compile_options(eida_flags INTERFACE --coverage -O0)
  target_link_options(eida_flags INTERFACE --coverage)
endif()
