// Scripts that want more than they may have: those of testdata/hostile, and those that are too
// large or too many to keep. Every one must end, by an ordinary result or by an error, within the
// limits.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace larkspur::starlark {

struct HostileScript {
  std::string name;
  std::string source;
};

inline std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// each(0) each(1) ...
inline std::string numbered_lines(std::size_t count,
                                  const std::function<std::string(std::string)>& each) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += each(std::to_string(i)) + "\n";
  return out;
}

// For the parser and the compiler: as large as a source may be. More than that is refused unread.
inline void add_sources(std::vector<HostileScript>& out) {
  constexpr std::size_t kBytes = 255 << 10;
  const auto nested = [&](std::string name, std::string_view open, std::string_view middle,
                          std::string_view close) {
    const std::size_t times = (kBytes - middle.size()) / (open.size() + close.size());
    out.push_back(
        {name, "x = " + repeated(open, times) + std::string(middle) + repeated(close, times)});
    out.push_back({name + ", left open", "x = " + repeated(open, kBytes / open.size())});
  };
  nested("parentheses", "(", "1", ")");
  nested("lists", "[", "1", "]");
  nested("dicts", "{1:", "1", "}");
  nested("minus", "-", "1", "");
  nested("not", "not ", "1", "");
  nested("lambdas", "lambda:", "1", "");
  nested("calls", "f(", "1", ")");
  nested("indexes", "a[", "1", "]");
  nested("conditionals", "1 if 1 else ", "1", "");
  nested("comprehensions", "[", "1", " for x in [1]]");
  nested("f-strings", "f'{", "1", "}'");
  nested("sums", "1+", "1", "");
  nested("comparisons", "1<", "1", "");
  nested("ands", "1 and ", "1", "");
  out.push_back({"methods", "x = ''" + repeated(".a()", kBytes / 4)});
  out.push_back({"targets",
                 "def f(x):\n  " + repeated("(", 100'000) + "x" + repeated(")", 100'000) + " = 1"});
  std::string blocks;
  for (std::size_t depth = 0; blocks.size() < kBytes - 1000; ++depth)
    blocks += std::string(depth, ' ') + "if 1:\n";
  out.push_back({"blocks", blocks});
  out.push_back({"elifs", "if 0: pass\n" + repeated("elif 0: pass\n", 19'000)});
  out.push_back({"arguments", "print(" + repeated("1,", 120'000) + ")"});
  out.push_back({"a long literal", "x = '" + repeated("y", kBytes) + "'\nprint(len(x * 1000))"});
  out.push_back({"too long", "x = '" + repeated("y", 20 << 20) + "'"});
  out.push_back(
      {"locals", "def f():\n" + numbered_lines(20'000, [](auto i) { return "  v" + i + "=0"; })});
  out.push_back(
      {"functions", numbered_lines(12'000, [](auto i) { return "def f" + i + "():pass"; })});
  out.push_back({"digits", "x = " + repeated("9", kBytes)});
  out.push_back({"hex digits", "x = 0x" + repeated("f", kBytes)});
}

// Natives that make much of little. Each runs as it is, and again inside try_call, which must not
// help.
inline void add_expressions(std::vector<HostileScript>& out) {
  const char* const expressions[] = {
      // repeats and growth
      "'a' * (1 << 40)",
      "['a'] * (1 << 40)",
      "(1,) * (1 << 40)",
      "b'a' * (1 << 40)",
      "'x'.join(['y' * 1000000] * 1000)",
      "('a' * 1000000).replace('a', 'b' * 1000)",
      "'a'.center(1 << 40)",
      "'a'.ljust(1 << 40)",
      "'a'.zfill(1 << 40)",
      "('ß' * 30000000).upper()",
      "'%1000000000d' % 1",
      "'%.1000000000f' % 1.5",
      "'{:1000000000}'.format(1)",
      "f'{1:>1000000000}'",
      "('{0}' * 100000).format('x' * 100000)",
      "'%s' * 100000 % tuple(['x' * 100000] * 100000)",
      "repr('\\n' * 50000000)",
      "'a,' * 40000000",
      "('a,' * 20000000).split(',')",
      "('a\\n' * 20000000).splitlines()",
      "list(range(1 << 40))",
      "set(range(1 << 30))",
      "dict([(i, i) for i in range(1 << 30)])",
      "sorted(range(1 << 40))",
      "reversed(range(1 << 40))",
      "enumerate(range(1 << 40))",
      "list(('a' * 30000000).elems())",
      "[x for x in range(1 << 40)]",
      "{x: x for x in range(1 << 40)}",
      "max(range(1 << 40))",
      "sum(range(1 << 40))",
      "sum([[1] * 1000] * 100000, [])",
      "zip(*[range(100000)] * 10000)",
      // numbers
      "1 << (1 << 40)",
      "(1 << 1000000) * (1 << 1000000)",
      "((1 << 1000000) - 1) * ((1 << 1000000) - 1)",
      "str((1 << 1000000) - 1)",
      "int('9' * 1000000)",
      "int('z' * 5000000, 36)",
      "(1 << 1000000) // 3",
      "(1 << 1000000) % ((1 << 500000) - 1)",
      "pow(3, 1 << 40)",
      "pow(3, 1 << 1000000, (1 << 100000) - 1)",
      "hash('a' * 60000000)",
      "float('1' * 5000000)",
      "str(1.5) * (1 << 40)",
      "'%d' % ((1 << 1000000) - 1)",
      "math.pow(10, 308) * (1 << 1000000)",
      "divmod(1 << 1000000, (1 << 300000) + 1)",
      // JSON
      "json.decode('[' * 1000000)",
      "json.decode('{\"a\":' * 1000000)",
      "json.decode('[' + '1,' * 20000000 + '1]')",
      "json.decode('1' * 5000000)",
      "json.decode('1e' + '9' * 5000000)",
      "json.decode('\"' + 'a' * 50000000 + '\"')",
      "json.decode('{' + ','.join(['\"%d\":1' % i for i in range(1000000)]) + '}')",
      "json.encode(['\\n' * 1000000] * 1000)",
      "json.encode([[1] * 1000] * 100000)",
      "json.indent('[' * 150 + ']' * 150, indent = 'x' * 1000000)",
      // regular expressions
      "re.findall('(a*)*b', 'a' * 5000000)",
      "re.findall('(x+x+)+y', 'x' * 5000000)",
      "re.search('(.*)(.*)(.*)(.*)(.*)z', 'a' * 5000000)",
      "re.sub('', 'y' * 1000, 'a' * 1000000)",
      "re.findall('a{1000}{1000}', 'a')",
      "re.findall('((a{100}){100}){100}', 'a')",
      "re.split('', 'a' * 30000000)",
      "[re.search('a{%d}b' % i, 'a' * 100000) for i in range(900)]",
      "re.findall('(?i)' + 'a?' * 400 + 'a' * 400, 'a' * 100000)",
      // comparison, hashing, text of what is shared many times
      "shared(60) == shared(60)",
      "shared(60) < shared(60)",
      "str(shared(60))",
      "json.encode(shared(60))",
      "{pairs(60): 1}",
      "hash_(pairs(60))",
      "sorted([shared(40), shared(40)])",
      "shared(60) in [shared(60)]",
      "str(deep(1000000))",
      "deep(1000000) == deep(1000000)",
      "json.encode(deep(1000000))",
      "sorted([deep(500000), deep(500000)])",
      "repr(deep_dict(200000))",
      "deep_dict(200000) == deep_dict(200000)",
      "deep_tuple(200000) in {}",
      // callbacks, sorting
      "sorted(range(300000), key = lambda x: [x] * 1000)",
      "sorted(['a' * 100000 + str(i) for i in range(500)] * 1000)",
      "sorted(range(1000), key = lambda x: forever())",
      "map(lambda x: map(lambda y: y * 1000, range(x)), range(1 << 30))",
      "max(range(1 << 30), key = lambda x: -x)",
      "recurse(1)",
      "mutual(1)",
      "sorted([3, 1, 2], key = recurse)",
      "[f() for f in [lambda: forever()]]",
      "parallel([lambda: forever()] * 1000)",
      "parallel([lambda: [0] * 10000000] * 1000)",
      "parallel([lambda: parallel([lambda: parallel([forever] * 99)] * 99)] * 99)",
      // quadratic work
      "insert_front()",
      "remove_front()",
      "search_all()",
      "colliding()",
      "grow_text()",
      "grow_list()",
      "print_much()",
      "[','.join(x) for x in [['a'] * 1000] * 1000000]",
      "many_kwargs()",
      "union_all()",
      "fail('x' * 60000000)",
      "[str(i).rjust(4000) for i in range(1 << 30)]",
      "struct(**{'a%d' % i: i for i in range(1 << 30)})",
  };
  const std::string helpers = R"(
def shared(n):
    x = []
    for i in range(n): x = [x, x]
    return x
def pairs(n):
    x = ()
    for i in range(n): x = (x, x)
    return x
def hash_(x): return len({x: 1})
def deep(n):
    x = None
    for i in range(n): x = [x]
    return x
def deep_tuple(n):
    x = None
    for i in range(n): x = (x,)
    return x
def deep_dict(n):
    x = None
    for i in range(n): x = {'a': x}
    return x
def forever(*args):
    while True: pass
def recurse(x): return recurse(x + 1) + 1
def mutual(x): return sorted([x], key = mutual)
def insert_front():
    x = []
    while True: x.insert(0, 1)
def remove_front():
    x = list(range(1000000))
    while x: x.pop(0)
def search_all():
    x = list(range(100000))
    return [i for i in x if -1 in x]
def colliding(): return {i << 32: i for i in range(1000000)}
def grow_text():
    s = 'a'
    while True: s = s + s + 'b'
def grow_list():
    x = [0]
    while True: x += x
def print_much():
    while True: print('x' * 1000)
def take(**kwargs): return len(kwargs)
def many_kwargs():
    d = {'k%d' % i: i for i in range(100000)}
    return [take(**d) for i in range(100000)]
def union_all():
    d = {i: i for i in range(100000)}
    return [d | d for i in range(100000)]
)";
  for (const char* expression : expressions) {
    out.push_back({expression, helpers + "x = " + expression + "\n"});
    out.push_back({std::string("try_call: ") + expression,
                   helpers + "for i in range(100000):\n  try_call(lambda: " + expression + ")\n"});
  }
}

inline std::vector<HostileScript> hostile_files() {
  std::vector<HostileScript> out;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("src/starlark/testdata/hostile"))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    out.push_back({path.filename(), text.str()});
  }
  return out;
}

inline std::vector<HostileScript> hostile_scripts() {
  std::vector<HostileScript> out = hostile_files();
  add_sources(out);
  add_expressions(out);
  return out;
}

}  // namespace larkspur::starlark
