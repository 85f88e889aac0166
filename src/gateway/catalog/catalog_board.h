// Where the current catalog hangs: one pointer for each loop, read without a lock, replaced by
// visiting every loop.
#pragma once

#include <memory>
#include <vector>

#include "gateway/catalog/catalog.h"
#include "net/loops.h"

namespace larkspur::gateway {

class CatalogBoard {
 public:
  explicit CatalogBoard(net::Loops& loops)
      : loops_(loops),
        current_(std::make_shared<Slots>(loops.size(), std::make_shared<const Catalog>())) {}

  // On a loop's thread. Hold the pointer for as long as you look.
  std::shared_ptr<const Catalog> current() const { return (*current_)[net::Loops::here()]; }

  // Any thread. Each loop sees the new one soon.
  void publish(std::shared_ptr<const Catalog> catalog) {
    loops_.post_to_all([current = current_, catalog = std::move(catalog)](std::size_t index) {
      (*current)[index] = catalog;
    });
  }

 private:
  using Slots = std::vector<std::shared_ptr<const Catalog>>;

  net::Loops& loops_;
  std::shared_ptr<Slots> current_;
};

}  // namespace larkspur::gateway
