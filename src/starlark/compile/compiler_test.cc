#include "starlark/compile/compiler.h"

#include <gtest/gtest.h>

#include <string>

#include "starlark/compile/program_impl.h"

namespace larkspur::starlark {
namespace {

// The code as text; an error as its message.
std::string code(std::string source) {
  const auto program = Program::compile(std::move(source), {.predeclared = {"f", "g"}});
  if (!program) return program.error()[0].message;
  return disassemble((*program)->impl().module);
}

TEST(Compiler, KeepsVariablesInRegisters) {
  EXPECT_EQ(code("x = 1\ny = x + 2\nx -= y\nreturn x"),
            "<toplevel>() registers 2\n"
            "  0 LoadInt r0 1\n"
            "  1 AddInt r1 r0 2\n"
            "  2 Sub r0 r0 r1\n"
            "  3 Return r0\n");
}

TEST(Compiler, GivesSlotsToVariablesThatFunctionsUse) {
  EXPECT_EQ(code("x = -1\ndef h(): return x"),
            "<toplevel>() registers 2\n"
            "  0 LoadInt r1 -1\n"
            "  1 StoreGlobal r1 x\n"
            "  2 MakeFunction r0 proto 1 r1\n"
            "  3 ReturnNone\n"
            "h() registers 1\n"
            "  0 LoadGlobal r0 x\n"
            "  1 Return r0\n");
}

TEST(Compiler, FusesComparisonsWithJumps) {
  EXPECT_EQ(code("def h(a, b):\n  if a < 2 and b != 'x' or not a in b: return 1\n"),
            "<toplevel>() registers 1\n"
            "  0 MakeFunction r0 proto 1 r1\n"
            "  1 ReturnNone\n"
            "h(a b) registers 3\n"
            "  0 JumpLessInt r0 2 if false @2\n"
            "  1 JumpEqualConst r1 \"x\" if false @3\n"
            "  2 JumpIn r0 r1 if true @5\n"
            "  3 LoadInt r2 1\n"
            "  4 Return r2\n"
            "  5 ReturnNone\n");
}

TEST(Compiler, EndsIteratorsOnEveryWayOut) {
  EXPECT_EQ(code("for x in f:\n  if x: return x\n  if g: break\n"),
            "<toplevel>() registers 3\n"
            "  0 LoadPredeclared r2 f\n"
            "  1 IterBegin r1 r2\n"
            "  2 IterNext r1 r0 @10\n"
            "  3 JumpIf r0 if false @6\n"
            "  4 IterEnd r1\n"
            "  5 Return r0\n"
            "  6 LoadPredeclared r2 g\n"
            "  7 JumpIf r2 if false @9\n"
            "  8 Jump @10\n"
            "  9 IterAgain r1 r0 @3\n"
            "  10 IterEnd r1\n"
            "  11 ReturnNone\n");
}

TEST(Compiler, CallsMethodsWithoutBoundMethods) {
  EXPECT_EQ(code("x = []\nx.append(f(1, k=2, *x).y[0])"),
            "<toplevel>() registers 6\n"
            "  0 MakeList r0 r1 0\n"
            "  1 Move r1 r0\n"
            "  2 LoadPredeclared r2 f\n"
            "  3 LoadInt r3 1\n"
            "  4 LoadInt r4 2\n"
            "  5 Move r5 r0\n"
            "  6 CallSite r2 = r2(1 k= *)\n"
            "  7 Attribute r2 r2 \"y\"\n"
            "  8 LoadInt r3 0\n"
            "  9 Index r2 r2 r3\n"
            "  10 CallMethod r1 = r1.append(1)\n"
            "  11 ReturnNone\n");
}

TEST(Compiler, CapturesByValueWhatCannotChangeAndByCellWhatMay) {
  const std::string text = code(
      "def h(p):\n"
      "  fixed = p\n"
      "  moving = 1\n"
      "  k = lambda: (p, fixed, moving, late)\n"
      "  moving = 2\n"
      "  late = 3\n"
      "  return k\n");
  EXPECT_NE(text.find("captures p captures fixed captures moving (cell) captures late (cell)"),
            std::string::npos)
      << text;
}

TEST(Compiler, ChecksOnlyVariablesThatMayBeUnbound) {
  const auto checks = [](const std::string& source) {
    const std::string text = code(source);
    return text.find("CheckBound") != std::string::npos;
  };
  EXPECT_FALSE(checks("x = 1\nreturn x"));
  EXPECT_FALSE(checks("if f: x = 1\nelif g: x = 2\nelse: x = 3\nreturn x"));
  EXPECT_FALSE(checks("if f: x = 1\nelse: return\nreturn x"));
  EXPECT_FALSE(checks("for i in f: print(i)"));
  EXPECT_FALSE(checks("_ = [x for x in f]"));
  EXPECT_TRUE(checks("if f: x = 1\nreturn x"));
  EXPECT_TRUE(checks("for i in f: x = 1\nreturn x"));
  EXPECT_TRUE(checks("while f: x = 1\nreturn x"));
  EXPECT_TRUE(checks("print(x)\nx = 1"));
  EXPECT_TRUE(checks("if f and x: pass\nprint(x)\nx = 1"));
}

TEST(Compiler, DoesNotOverwriteAVariableThatItStillReads) {
  EXPECT_EQ(code("x = 1\nx = f and x"),
            "<toplevel>() registers 2\n"
            "  0 LoadInt r0 1\n"
            "  1 LoadPredeclared r1 f\n"
            "  2 JumpIf r1 if false @4\n"
            "  3 Move r1 r0\n"
            "  4 Move r0 r1\n"
            "  5 ReturnNone\n");
}

TEST(Compiler, BuildsComprehensionsInPlace) {
  EXPECT_EQ(code("return [a + b for a, b in f if a]"),
            "<toplevel>() registers 5\n"
            "  0 MakeList r2 r0 0\n"
            "  1 LoadPredeclared r4 f\n"
            "  2 IterBegin r3 r4\n"
            "  3 IterNext r3 r4 @9\n"
            "  4 Unpack r0 r4 2\n"
            "  5 JumpIf r0 if false @8\n"
            "  6 Add r4 r0 r1\n"
            "  7 ListAppend r2 r4\n"
            "  8 IterAgain r3 r4 @4\n"
            "  9 IterEnd r3\n"
            "  10 Return r2\n");
}

TEST(Compiler, KnowsWhereEveryInstructionComesFrom) {
  const auto program = Program::compile("x = 1\ny = (x +\n  'é'.z)\n", {});
  ASSERT_TRUE(program);
  const Module& module = (*program)->impl().module;
  const Proto& script = module.protos[0];
  std::string places;
  for (std::size_t pc = 0; pc < script.code.size(); ++pc) {
    const Location location = module.location(script.offsets[pc]);
    places += std::string(to_string(script.code[pc].op)) + " " + std::to_string(location.line) +
              ":" + std::to_string(location.column) + "\n";
  }
  EXPECT_EQ(places, "LoadInt 1:5\nLoadConst 3:3\nAttribute 3:6\nAdd 2:8\nReturnNone 2:8\n");
}

}  // namespace
}  // namespace larkspur::starlark
