# Third-party libraries. scripts/setup.sh installs all of them.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Eigen3 REQUIRED NO_MODULE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_library(EIDA_MINIZIP_LIBRARY minizip REQUIRED)
find_library(EIDA_STEMMER_LIBRARY stemmer REQUIRED)
find_library(EIDA_UTF8PROC_LIBRARY utf8proc REQUIRED)
find_library(EIDA_PCRE2_LIBRARY pcre2-8 REQUIRED)

# SentencePiece: static and hidden, never Debian's shared library, whose symbol FLAGS_minloglevel
# overwrites memory of LibTorch's libc10 (tests/text/sentencepiece_symbols_test.cpp guards this).
find_library(EIDA_SENTENCEPIECE_LIBRARY libsentencepiece.a
  PATHS "${EIDA_SENTENCEPIECE_DIR}/lib" NO_DEFAULT_PATH)
if(NOT EIDA_SENTENCEPIECE_LIBRARY)
  message(FATAL_ERROR "no static SentencePiece in ${EIDA_SENTENCEPIECE_DIR}: run scripts/setup.sh")
endif()
add_library(eida_sentencepiece STATIC IMPORTED)
set_target_properties(eida_sentencepiece PROPERTIES
  IMPORTED_LOCATION "${EIDA_SENTENCEPIECE_LIBRARY}"
  INTERFACE_INCLUDE_DIRECTORIES "${EIDA_SENTENCEPIECE_DIR}/include")

# The programs' allocator. Tensors of many sizes fragment glibc's heap: mimalloc takes a quarter off the peak
# memory of a training step (docs/benchmarks.md). Never beside a sanitizer, which brings its own.
add_library(eida_allocator INTERFACE)
find_package(mimalloc QUIET)
if(TARGET mimalloc AND NOT EIDA_SANITIZE)
  target_sources(eida_allocator INTERFACE "${PROJECT_SOURCE_DIR}/apps/allocator.cpp")
  target_link_libraries(eida_allocator INTERFACE -Wl,--push-state,--no-as-needed mimalloc -Wl,--pop-state)
endif()

# Programs and libraries of the build tree find LibTorch in the same place as installed ones, and hold no path of it.
if(EIDA_WITH_TORCH)
  file(GLOB EIDA_TORCH_HINTS "${EIDA_VENV}/lib/python3*/site-packages/torch")
  set(EIDA_TORCH_LINK "${PROJECT_BINARY_DIR}/libtorch")
  include(EidaTorch)
  message(STATUS "LibTorch ${eida_torch_version}: ${eida_torch_folder}")
  target_compile_options(eida_flags INTERFACE "-fmacro-prefix-map=${eida_torch_folder}/include/=")
endif()

# Several processes (docs/scaling.md). Any MPI of version 3; only the C interface is used.
set(EIDA_WITH_MPI OFF)
if(EIDA_WITH_TORCH AND NOT EIDA_MPI STREQUAL "OFF")
  if(EIDA_MPI STREQUAL "ON")
    find_package(MPI 3.0 REQUIRED COMPONENTS C)
  else()
    find_package(MPI 3.0 QUIET COMPONENTS C)
  endif()
  set(EIDA_WITH_MPI ${MPI_C_FOUND})
endif()

if(EIDA_TESTS)
  find_package(GTest REQUIRED)
  find_library(EIDA_RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
endif()
if(EIDA_BENCH)
  find_package(benchmark REQUIRED)
endif()
