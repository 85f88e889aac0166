#include "starlark/syntax/parser.h"

#include <gtest/gtest.h>

#include <string>

#include "starlark/syntax/tree_text_for_test.h"

namespace larkspur::starlark {
namespace {

// The tree as text, or "OFFSET: message" of the first error.
std::string parsed(std::string_view source) {
  Names names;
  Arena tree;
  Arena texts;
  Errors errors;
  const Function* script = parse(source, names, tree, texts, errors);
  if (!errors.empty())
    return std::to_string(errors.items()[0].offset) + ": " + errors.items()[0].message;
  return TreePrinter(names).block(script->body);
}

struct Case {
  std::string_view source;
  std::string_view expected;
};

void check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(parsed(c.source), c.expected) << c.source;
}

TEST(Parser, BindsOperatorsAsStarlarkDoes) {
  check({
      {"a + b * c - d", "(- (+ a (* b c)) d)"},
      {"a | b ^ c & d << e + f", "(| a (^ b (& c (<< d (+ e f)))))"},
      {"-a.b(c)[d]", "(- a.b(c)[d])"},
      {"not a == b", "(not (a == b))"},
      {"a or b and not c or d", "(or a (and b (not c)) d)"},
      {"a if b else c if d else e", "(if b a (if d c e))"},
      {"lambda x, *y, z=1, **k: x + z", "(lambda (x *y z=1 **k) (+ x z))"},
      {"a < b <= c", "(a < b <= c)"},
      {"a not in b", "(a not in b)"},
      {"a is None, b is not None", "(tuple (a is None) (b is not None))"},
      {"a % b // c / d", "(/ (// (% a b) c) d)"},
  });
}

TEST(Parser, ReadsLiterals) {
  check({
      {"1_000, 0xff, 0o17, 0b11, 1.5, 1e3", "(tuple 1000 255 15 3 1.500000 1000.000000)"},
      {"9223372036854775807, 9223372036854775808",
       "(tuple 9223372036854775807 9223372036854775808)"},
      {R"("a\tb\x41\u00e9\U0001F600\101\
")",
       "'a\tbAé😀A'"},
      {R"(r"a\n", b"\xff\377", '''x
y''')",
       "(tuple 'a\\n' b'\xff\xff' 'x\ny')"},
      {"'''a\r\n'''", "'a\n'"},
      {"[], [1,], (), (1,), (1), {}, {'a': 1, 'b': 2,}",
       "(tuple [] [1] (tuple ) (tuple 1) 1 {} {'a' 1 'b' 2})"},
      {"[x for y in z if w for x, v in y]", "[x for y in z if w for (tuple x v) in y]"},
      {"{k: v for k, v in d}", "{k: v for (tuple k v) in d}"},
      {"a[1:2], a[:], a[::2], a[b, c]", "(tuple a[1:2:_] a[_:_:_] a[_:_:2] a[(tuple b c)])"},
  });
}

TEST(Parser, ReadsFStrings) {
  check({
      {"f'a{b}c'", "f'a{b}c'"},
      {"f''", "f''"},
      {"f'{{{a}}}'", "f'{{a}}'"},
      {"f'{a!r:>{w}.2f}|{b:x}'", "f'{a!r:f'>{w}.2f'}|{b:'x'}'"},
      {R"(f"{d["k"]}\t{x if y else {'a': 1}}")", "f'{d['k']}\t{(if y x {'a' 1})}'"},
      {"f'''{\na\n}\n'''", "f'{a}\n'"},
      {"rf'\\d{x}'", "f'\\d{x}'"},
      {"f'{}'", "3: f-string: nothing between { and }"},
      {"f'a}'", "3: single '}' in f-string"},
      {"f'{a!x}'", "5: f-string: unknown conversion"},
      {"f'{a'", "4: unexpected EOF in string"},
      {"f'{a b}'", "5: got identifier, want '}'"},
  });
}

TEST(Parser, ReadsStatements) {
  check({
      {"x = 1; y += 2; z[0], w.f = x, y", "x = 1; y += 2; (tuple z[0] w.f) = (tuple x y)"},
      {"def f(a, b=1, /, *, c: int, **d) -> str:\n  return\n",
       "def (f (a b=1 / * c **d) return _)"},
      {"if a: b\nelif c: d\nelse:\n e\n f", "if a {b} c {d} else {e; f}"},
      {"for x, y in z:\n while x: break\n continue",
       "for (tuple x y) in z {while x {break}; continue}"},
      {"x: int = 1\ny: list[int]\n", "x = 1; pass"},
      {"f(1, *a, k=2, **b)", "f(1, *a, k=2, **b)"},
      {"sum(x for x in y)", "sum([x for x in y])"},
      {"return 1, 2", "return (tuple 1 2)"},
  });
}

TEST(Parser, SaysWhatItGotAndWhatItWants) {
  check({
      {"x = 1 +\n2", "7: got newline, want primary expression"},
      {"_ = *x", "4: got '*', want primary expression"},
      {"def f(a, *-b, c): pass", "10: got '-', want ','"},
      {"def pass(): pass", "4: not an identifier"},
      {"def f : pass", "6: got ':', want '('"},
      {"f(a=1, *, b=2)", "8: got ',', want primary expression"},
      {"_ = {x for y in z}", "7: got for, want ':'"},
      {"_ = [x for x in lambda: True]", "16: got lambda, want primary expression"},
      {"_ = [x for x in 1, 2, 3]", "17: got ',', want ']', for, or if"},
      {"_ = [x for x in a if b else c]", "23: got else, want ']', for, or if"},
      {"_ = a + b not c", "14: got identifier, want in"},
      {"f(1+2 = 3)", "6: keyword argument must have form name=expr"},
      {"print(1, 2, 3\n", "13: got end of file, want ')'"},
      {"_ = a if b", "6: conditional expression without else clause"},
      {"load = 1", "5: got '=', want '('"},
      {"f(load())", "2: got load, want primary expression"},
      {"print 1 2", "6: got int literal, want newline"},
      {"x[1, 2,:]", "7: got ':', want primary expression"},
      {"a, b, = 1, 2", "4: unparenthesized tuple with trailing comma"},
      {"a, b = 1, 2,", "11: unparenthesized tuple with trailing comma"},
      {"s = \"\\x-0\"", "5: invalid escape sequence \\x"},
      {"s = '\\d'", "5: invalid escape sequence \\d"},
      {"s = '\\x80'", "5: non-ASCII hex escape \\x80"},
      {"if x:\ny", "6: got identifier, want indent"},
      {" x", "1: unexpected indent"},
      {"1 = 0", "0: can't assign to literal"},
      {"a.b() = 0", "0: can't assign to callexpr"},
      {"(a, b) += 1", "1: can't use tuple expression in augmented assignment"},
      {"f(x=1, 2)", "7: positional argument may not follow named"},
      {"f(a=1, a=2)", "7: keyword argument \"a\" is repeated"},
      {"f(*a, *b)", "6: multiple *args not allowed"},
      {"def f(a, a): pass", "9: duplicate parameter: a"},
      {"def f(a=1, b): pass", "11: required parameter may not follow optional"},
      {"def f(*): pass", "6: bare * must be followed by keyword-only parameters"},
      {"def f(**k, a): pass", "11: parameter may not follow **kwargs"},
      {"1e999", "0: floating-point literal too large"},
      {"[1 2]", "3: got int literal, want ']'"},
      {"{'a': 1 'b': 2}", "8: got string literal, want '}'"},
      {"'a' 'b'", "4: adjacent string literals are not joined"},
  });
}

TEST(Parser, TeachesWhoKnowsPython) {
  struct Lesson {
    std::string_view source;
    std::string_view hint;
  };
  constexpr Lesson kLessons[] = {
      {"import os", "nothing to import"},
      {"class A: pass", "use a dict or struct"},
      {"try:\n  x\nexcept: pass", "try_call"},
      {"with a as b: pass", "no context managers"},
      {"del a[0]", "pop"},
      {"def f():\n  yield 1", "return it"},
      {"x = await f()", "parallel()"},
      {"raise x", "fail("},
      {"x ** 2", "pow(x, y)"},
      {"{1, 2}", "set([a, b])"},
      {"(x for x in y)", "[x for x in xs]"},
      {"a is b", "=="},
      {"if (n := 1): pass", ":="},
      {"@cache\ndef f(): pass", "decorator"},
      {"a = b = 1", "one variable at a time"},
      {"if x = 1: pass", "=="},
      {"if x: a\nelse if y: b", "elif"},
      {"a && b", "write and"},
      {"for x in y: pass\nelse: pass", "before break"},
      {"f = lambda x: return x", "statement"},
      {"x = {**d}", "join dicts with |"},
  };
  for (const Lesson& lesson : kLessons) {
    Names names;
    Arena tree;
    Arena texts;
    Errors errors;
    parse(lesson.source, names, tree, texts, errors);
    ASSERT_FALSE(errors.empty()) << lesson.source;
    EXPECT_NE(errors.items()[0].hint.find(lesson.hint), std::string::npos)
        << lesson.source << ": " << errors.items()[0].message << ": " << errors.items()[0].hint;
  }
}

}  // namespace
}  // namespace larkspur::starlark
