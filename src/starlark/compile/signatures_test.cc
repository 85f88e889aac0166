// What is said of calls of host functions before anything runs.
#include <gtest/gtest.h>

#include "starlark/starlark.h"

namespace larkspur::starlark {
namespace {

using Type = Signature::Type;

CompileOptions options() {
  CompileOptions options;
  options.predeclared = {"get_issue", "search", "anything", "call_tool"};
  options.tool_caller = "call_tool";
  options.signatures = {
      {.name = "get_issue",
       .tool_name = "get-issue",
       .parameters = {{.name = "number", .types = Type::kInt | Type::kFloat, .required = true},
                      {.name = "repository", .types = Type::kString, .required = true},
                      {.name = "labels", .types = Type::kList},
                      {.name = "verbose", .types = Type::kBool}},
       .open = false},
      {.name = "search",
       .tool_name = "search",
       .parameters = {{.name = "query", .types = Type::kString}}},
      {.name = "anything", .tool_name = "anything"},
  };
  return options;
}

// "8: message (hint)" of every error, where 8 is the column.
std::string errors_of(std::string source) {
  const auto program = Program::compile(std::move(source), options());
  if (program) return "";
  std::string text;
  for (const Diagnostic& each : program.error()) {
    if (!text.empty()) text += "; ";
    text += std::to_string(each.location.column) + ": " + each.message;
    if (!each.hint.empty()) text += " (" + each.hint + ")";
  }
  return text;
}

TEST(Signatures, RightCallsPass) {
  EXPECT_EQ(errors_of("get_issue(number=1, repository='r')"), "");
  EXPECT_EQ(errors_of("get_issue(number=1.0, repository=f'{1}', labels=('a',), verbose=None)"), "");
  EXPECT_EQ(errors_of("call_tool('get-issue', number=1, repository='r', verbose=True)"), "");
  EXPECT_EQ(errors_of("search()\nsearch(query='q', page=3)\nanything(x=1, y=[2])"), "");
}

TEST(Signatures, WhatIsNotKnownPasses) {
  EXPECT_EQ(errors_of("a = {}\nget_issue(**a)\nget_issue(number=1, **a)"), "");
  EXPECT_EQ(errors_of("n = 'x'\nget_issue(number=n, repository=n + '')"), "");
  EXPECT_EQ(errors_of("t = 'nope'\ncall_tool(t, x=1)\ncall_tool('get-' + t)"), "");
  EXPECT_EQ(errors_of("def get_issue(a):\n  return a\nget_issue(1)"), "");
  EXPECT_EQ(errors_of("f = get_issue\nf(1)"), "");
}

TEST(Signatures, MissingParameters) {
  EXPECT_EQ(errors_of("get_issue(number=1)"), "10: get_issue missing 1 argument (repository)");
  EXPECT_EQ(errors_of("call_tool('get-issue')"),
            "10: get-issue missing 2 arguments (number, repository)");
}

TEST(Signatures, UnknownParameters) {
  EXPECT_EQ(errors_of("get_issue(number=1, repository='r', x=1)"),
            "37: get_issue got an unexpected keyword argument \"x\"");
  EXPECT_EQ(errors_of("get_issue(number=1, repository='r', lables=[])"),
            "37: get_issue got an unexpected keyword argument \"lables\" (did you mean labels?)");
  // An open tool takes any name but one that is nearly a parameter's.
  EXPECT_EQ(errors_of("search(qurey='q')"),
            "8: search got an unexpected keyword argument \"qurey\" (did you mean query?)");
  EXPECT_EQ(errors_of("search(query='q', queri='q')"), "");
}

TEST(Signatures, LiteralsOfTheWrongType) {
  EXPECT_EQ(errors_of("get_issue(number='1', repository='r')"),
            "18: get_issue: for parameter number: got string, want number");
  EXPECT_EQ(errors_of("get_issue(number=1, repository=[x for x in 'a'.elems()])"),
            "32: get_issue: for parameter repository: got list, want string");
  EXPECT_EQ(errors_of("get_issue(number=1, repository='r', verbose='yes', labels={})"),
            "45: get_issue: for parameter verbose: got string, want bool; "
            "59: get_issue: for parameter labels: got dict, want list");
  EXPECT_EQ(errors_of("search(query=True)"),
            "14: search: for parameter query: got bool, want string");
}

TEST(Signatures, ToolsByName) {
  EXPECT_EQ(errors_of("call_tool('get_issue', number=1)"),
            "11: Unknown tool: 'get_issue' (did you mean get-issue?)");
  EXPECT_EQ(errors_of("get_isue(number=1)"), "1: undefined: get_isue (did you mean get_issue?)");
}

TEST(Signatures, PositionalArguments) {
  EXPECT_EQ(errors_of("search('q')"),
            "8: search: tools take keyword arguments only (name the argument: search(..., "
            "name=value))");
  EXPECT_EQ(errors_of("call_tool('search', 'q')"),
            "21: call_tool: tools take keyword arguments only (name the argument: call_tool(..., "
            "name=value))");
}

TEST(Signatures, AllMistakesAtOnce) {
  EXPECT_EQ(errors_of("if False:\n  search('a')\ndef f():\n  return get_issue()\n"),
            "10: search: tools take keyword arguments only (name the argument: search(..., "
            "name=value)); 19: get_issue missing 2 arguments (number, repository)");
}

}  // namespace
}  // namespace larkspur::starlark
