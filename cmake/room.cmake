# larkspur_room(NAME LINK libraries...)
#
# A room of the house (docs/architecture.md): one static library of every .cc below the folder. Its
# LINK list is the list of rooms it may include: a room that reaches for another fails to link.
# x_test.cc files lie beside the code and become the executable NAME_test, which runs in the root of the source; x_fuzz.cc become one
# fuzz target each. A main.cc belongs to the room's program, not to its library.
function(larkspur_room name)
  cmake_parse_arguments(ROOM "" "" "LINK;TEST_LINK" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(fuzzers ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cc$")

  add_library(larkspur_${name} STATIC ${sources})
  target_link_libraries(larkspur_${name} PUBLIC larkspur_options ${ROOM_LINK})

  if(LARKSPUR_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE larkspur_${name} ${ROOM_TEST_LINK} GTest::gmock GTest::gtest_main)
    # The cases of a table are named by their number: values print as bytes and addresses.
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT 120 WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  endif()
  if(LARKSPUR_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(target ${fuzzer} NAME_WE)
      add_executable(${target} ${fuzzer})
      target_link_libraries(${target} PRIVATE larkspur_${name} -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
