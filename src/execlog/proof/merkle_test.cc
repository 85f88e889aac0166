#include "execlog/proof/merkle.h"

#include <gtest/gtest.h>

#include <string>

#include "base/random.h"
#include "execlog/proof/entry_hash.h"

namespace larkspur::execlog {
namespace {

// The leaves and roots that implementations of RFC 6962 test themselves with.
TEST(Merkle, HasTheRootsOfRfc6962) {
  using namespace std::string_literals;
  const std::pair<std::string, std::string> steps[] = {
      {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
      {"\x00"s, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
      {"\x10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
      {"\x20\x21", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
      {"\x30\x31", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
      {"\x40\x41\x42\x43", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
      {"\x50\x51\x52\x53\x54\x55\x56\x57",
       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
      {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
  };
  MerkleTree tree;
  EXPECT_EQ(to_hex(tree.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 sha256;
  for (const auto& [leaf, root] : steps) {
    tree.add(sha256(std::string(1, kLeafPrefix) + leaf));
    EXPECT_EQ(to_hex(tree.root()), root) << tree.size();
  }
}

TEST(Merkle, HashesReadFromHexOnlyWhatToHexWrites) {
  const std::string hex(64, 'a');
  EXPECT_EQ(to_hex(hash_from_hex(hex).value()), hex);
  EXPECT_FALSE(hash_from_hex(hex.substr(1)));
  EXPECT_FALSE(hash_from_hex(hex + "aa"));
  EXPECT_FALSE(hash_from_hex(std::string(64, 'A')));
  EXPECT_FALSE(hash_from_hex(std::string(64, 'g')));
}

// Rows that differ in anything have different bytes, even where the texts run together alike.
TEST(EntryHash, NoTwoRowsAreTheSame) {
  EntryHasher hasher;
  const auto hash = [&](std::string_view json, std::initializer_list<sqlite::Cell> cells) {
    hasher.begin(1, 0, json);
    for (const sqlite::Cell& cell : cells) hasher.add(cell);
    return hasher.finish();
  };
  const Hash base = hash("{}", {"ab", "c"});
  EXPECT_EQ(base, hash("{}", {"ab", "c"}));
  EXPECT_NE(base, hash("{}", {"a", "bc"}));
  EXPECT_NE(base, hash("{}", {"ab", "c", std::monostate{}}));
  EXPECT_NE(hash("{}", {""}), hash("{}", {std::monostate{}}));
  EXPECT_NE(hash("{}", {std::int64_t{0}}), hash("{}", {std::monostate{}}));
  EXPECT_NE(hash("{}", {"n"}), hash("{}n", {}));
}

// The example of docs/formats/execution-log.md.
TEST(EntryHash, IsAsTheFormatSays) {
  EntryHasher hasher;
  hasher.begin(7, 1, "{}");
  EXPECT_EQ(hasher.finish(),
            Sha256()(std::string_view("\0i\0\0\0\0\0\0\0\x07i\0\0\0\0\0\0\0\x01t\0\0\0\x02{}",
                                      1 + 9 + 9 + 7)));
}

}  // namespace
}  // namespace larkspur::execlog
