#include "starlark/formatter.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "starlark/syntax/parser.h"
#include "starlark/syntax/tree_text_for_test.h"

namespace larkspur::starlark {
namespace {

std::string formatted(const std::string& source) {
  const auto result = format_source(source, "test.star");
  return result ? *result : "error: " + result.error()[0].message;
}

std::string tree_of(std::string_view source) {
  Names names;
  Arena tree;
  Arena texts;
  Errors errors;
  const Function* script = parse(source, names, tree, texts, errors);
  return script == nullptr || !errors.empty() ? "error" : TreePrinter(names).block(script->body);
}

TEST(Formatter, PutsSpacesWhereTheyBelong) {
  const std::pair<const char*, const char*> cases[] = {
      {"x=1", "x = 1\n"},
      {"x  =  -1+ - 2 *3//4", "x = -1 + -2 * 3 // 4\n"},
      {"f ( a,b = 1,* c,** d )", "f(a, b=1, *c, **d)\n"},
      {"def f(a:int=1,b = 2,*,c)->str :return a",
       "def f(a: int = 1, b=2, *, c) -> str: return a\n"},
      {"x[ 1 : 2 ],y [a:b:c],z[ : ]", "x[1:2], y[a:b:c], z[:]\n"},
      {"d={ 'a' :1,'b':[ 2 ] , }", "d = {'a': 1, 'b': [2],}\n"},
      {"f=lambda x,y = 1:x+y", "f = lambda x, y=1: x + y\n"},
      {"[x for x in(1,2)if not(x)]", "[x for x in (1, 2) if not (x)]\n"},
      {"a.b . c( )[0]", "a.b.c()[0]\n"},
      {"x=a if b else-c;y=1 ; z=2", "x = a if b else -c; y = 1; z = 2\n"},
      {"print( f'{x!r:>{w}} { y }' )", "print(f'{x!r:>{w}} { y }')\n"},
      {"load ( 'm' , 'a' , b = 'c' )", "load('m', 'a', b='c')\n"},
      {"return(1)", "return (1)\n"},
      {"a<b<=c!=d is not None", "a < b <= c != d is not None\n"},
      {"", ""},
      {"\n\n\n", ""},
  };
  for (const auto& [source, expected] : cases) EXPECT_EQ(formatted(source), expected);
}

TEST(Formatter, IndentsBlocksAndWhatIsInBrackets) {
  EXPECT_EQ(formatted("if a:\n  b()\n  for c in d:\n        e( 1,\n 2 )\nelse:\n      f()\n"),
            "if a:\n    b()\n    for c in d:\n        e(1,\n            2)\nelse:\n    f()\n");
  EXPECT_EQ(formatted("x = f([\n1,\n  2,\n   ], {\n'a': [\n3],\n})\n"),
            "x = f([\n    1,\n    2,\n], {\n    'a': [\n        3],\n})\n");
  EXPECT_EQ(formatted("x = 1 + \\\n  2\n"), "x = 1 + \\\n    2\n");
}

TEST(Formatter, KeepsComments) {
  EXPECT_EQ(formatted("#!/x\n#  a\nx=1#b\n\n\n\n\n#c\ny=[#d\n #e\n\n\n 1,#f\n #g\n]\n#h"),
            "#!/x\n#  a\nx = 1  #b\n\n\n#c\ny = [  #d\n    #e\n\n    1,  #f\n    #g\n]\n#h\n");
  EXPECT_EQ(formatted("def f():\n  # in\n  a()\n  # still in\n\n # odd\n# out\nb()\n"),
            "def f():\n    # in\n    a()\n    # still in\n\n# odd\n# out\nb()\n");
}

TEST(Formatter, AllowsFewBlankLines) {
  EXPECT_EQ(formatted("\n\na\n\n\n\nb\ndef f():\n\n\n  c\n\n\n\n  d\n\n\n\n\n"),
            "a\n\n\nb\ndef f():\n    c\n\n    d\n");
}

TEST(Formatter, RefusesWhatDoesNotParse) {
  EXPECT_EQ(formatted("x = (1"), "error: got end of file, want ')'");
}

// Every script there is: formatting changes no meaning, and a second time nothing.
void check(const std::string& source, const std::string& what) {
  const std::string tree = tree_of(source);
  if (tree == "error") return;
  const std::string once = formatted(source);
  EXPECT_EQ(tree_of(once), tree) << what;
  EXPECT_EQ(formatted(once), once) << what;
}

TEST(Formatter, ChangesNoMeaningAndIsStable) {
  const std::filesystem::path folders[] = {"src/starlark/tests", "examples", "bench",
                                           "/usr/share/gocode/src/go.starlark.net"};
  std::size_t files = 0;
  for (const auto& folder : folders) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() != ".star") continue;
      ++files;
      std::ifstream file(entry.path());
      std::string chunk, line;
      while (std::getline(file, line)) {
        if (line == "---") {
          check(chunk, entry.path());
          chunk.clear();
        } else {
          chunk += line + "\n";
        }
      }
      check(chunk, entry.path());
    }
  }
  EXPECT_GT(files, 50u);
}

}  // namespace
}  // namespace larkspur::starlark
