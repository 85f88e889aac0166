option(LARKSPUR_TESTS "Build the tests" ON)
option(LARKSPUR_BENCH "Build the benchmarks" OFF)
option(LARKSPUR_FUZZ "Build the fuzz targets (libFuzzer)" OFF)
set(LARKSPUR_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")

# What every target of ours is compiled and linked with.
add_library(larkspur_options INTERFACE)
target_include_directories(larkspur_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(larkspur_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wextra-semi -Werror
  # leaving members at their defaults is what designated initialisers are for
  -Wno-missing-designated-field-initializers)
target_compile_definitions(larkspur_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  # A coroutine's frame from operator new: aligned_alloc costs twice as much, for the same alignment.
  BOOST_ASIO_DISABLE_STD_ALIGNED_ALLOC BOOST_ASIO_DISABLE_BOOST_ALIGN
  LARKSPUR_VERSION="${PROJECT_VERSION}")
target_link_options(larkspur_options INTERFACE -fuse-ld=lld)
if(LARKSPUR_SANITIZE)
  target_compile_options(larkspur_options INTERFACE
    -fsanitize=${LARKSPUR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(larkspur_options INTERFACE -fsanitize=${LARKSPUR_SANITIZE})
endif()
if(LARKSPUR_FUZZ)
  target_compile_options(larkspur_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
