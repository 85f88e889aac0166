// The parts of Beast and of Asio's TLS that are code, compiled once for the whole program.
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
