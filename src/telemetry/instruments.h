// The instruments that calls are measured with, made once and shared by every decorator: of two
// with the same name only one would be exported.
#pragma once

#include <cstdint>

#include "telemetry/labels.h"

namespace larkspur::telemetry {

class Instrument;

// Any thread; of the Cells that made it, which outlive it.
class Counter {
 public:
  explicit Counter(Instrument* instrument) : instrument_(instrument) {}
  void add(std::uint64_t value, const Labels& labels = {}) const;

  // One label set, found once: for the thread that asked for it.
  class Series {
   public:
    void add(std::uint64_t value) const;

   private:
    friend class Counter;
    Series(Instrument* instrument, void* cell) : instrument_(instrument), cell_(cell) {}
    Instrument* instrument_;
    void* cell_;  // an Instrument::Cell
  };
  Series series(const Labels& labels) const;

 private:
  Instrument* instrument_;
};

class Histogram {
 public:
  explicit Histogram(Instrument* instrument) : instrument_(instrument) {}
  void record(double value, const Labels& labels = {}) const;

  class Series {  // as a Counter's
   public:
    void record(double value) const;

   private:
    friend class Histogram;
    Series(Instrument* instrument, void* cell) : instrument_(instrument), cell_(cell) {}
    Instrument* instrument_;
    void* cell_;
  };
  Series series(const Labels& labels) const;

 private:
  Instrument* instrument_;
};

class Cells;

// Any thread. Names, units and attributes: docs/observability.md.
struct Instruments {
  explicit Instruments(Cells& cells);  // which outlives this

  Counter tool_calls;         // server, tool, status, origin
  Histogram server_duration;  // semantic conventions of MCP servers

  Counter backend_requests;  // target.*, action, mcp.method.name, tool
  Counter backend_errors;    // and error.type
  Histogram backend_duration;
  Histogram client_duration;  // semantic conventions of MCP clients

  Counter script_executions;    // status, error.type
  Histogram script_duration;    // status
  Histogram script_tool_calls;  // status
  Counter script_parallel_tasks;
  Counter script_calls_saved;  // round trips that clients were spared
  Counter script_bytes_kept;   // bytes of results that stayed in the gateway

  Counter requests;             // HTTP: method, status_code, status, mcp_method, ...
  Histogram request_duration;   // the same
  Histogram external_duration;  // kind, api, status
  Histogram log_write_duration;
};

}  // namespace larkspur::telemetry
