#!/usr/bin/env bash
# What the ExecutionLog costs and how fast it is, beside plain SQLite. ./dev bench execlog [--records 5000000]
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
exec build/bench/bench/execlog/bench_execlog "$@"
