#include "net/peer_watch.h"

#include "net/http_connection.h"

namespace larkspur::net {

void PeerWatch::add(HttpConnection& connection, std::size_t& place) {
  if (place != kNowhere) return;
  if (waiting_.empty()) tick_.set(kTick);
  place = waiting_.size();
  waiting_.push_back({.connection = &connection, .place = &place});
}

void PeerWatch::remove(std::size_t& place) {
  if (place == kNowhere) return;
  waiting_[place] = waiting_.back();
  *waiting_[place].place = place;
  waiting_.pop_back();
  place = kNowhere;
  if (waiting_.empty()) tick_.clear();
}

void PeerWatch::look() {
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    if (!waiting_[i].seen) {
      waiting_[i].seen = true;
      continue;
    }
    HttpConnection& connection = *waiting_[i].connection;
    remove(*waiting_[i].place);  // what comes into its place has been looked at
    connection.watch_peer();
  }
  if (!waiting_.empty()) tick_.set(kTick);
}

}  // namespace larkspur::net
