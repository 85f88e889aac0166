// Builds the indexes of full partitions beside the writer, one partition at a time.
#pragma once

#include <future>

#include "execlog/store/sqlite.h"

namespace larkspur::execlog {

class Sealer {
 public:
  ~Sealer() { wait(); }

  // Waits for the one before. What fails is done at the next start; until then its questions are
  // answered without indexes.
  void seal(sqlite::Database database);
  void wait();

 private:
  std::future<void> last_;
};

}  // namespace larkspur::execlog
