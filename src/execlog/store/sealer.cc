#include "execlog/store/sealer.h"

#include <utility>

#include "execlog/store/sqlite_schema.h"

namespace larkspur::execlog {

void Sealer::seal(sqlite::Database database) {
  wait();
  last_ = std::async(std::launch::async, [sealed = std::move(database)]() mutable {
    if (make_indexes(sealed)) static_cast<void>(sealed.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  });
}

void Sealer::wait() {
  if (last_.valid()) last_.get();
}

}  // namespace larkspur::execlog
