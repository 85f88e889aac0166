// starlark-rust, for comparing results and times with ours.
//
//   starlark_rust run FILE             what it prints goes to stdout
//   starlark_rust measure FILE SOURCE  costs of embedding, as JSON: of the script FILE, and of parsing SOURCE
use std::time::Instant;

use starlark::PrintHandler;
use starlark::environment::{Globals, GlobalsBuilder, LibraryExtension, Module};
use starlark::eval::Evaluator;
use starlark::syntax::{AstModule, Dialect, DialectTypes};

struct Print;
impl PrintHandler for Print {
    fn println(&self, text: &str) -> starlark::Result<()> {
        println!("{text}");
        Ok(())
    }
}

fn dialect() -> Dialect {
    Dialect { enable_top_level_stmt: true, enable_types: DialectTypes::Disable, ..Dialect::Extended }
}

fn globals() -> Globals {
    GlobalsBuilder::extended_by(&[
        LibraryExtension::Json,
        LibraryExtension::Print,
        LibraryExtension::StructType,
        LibraryExtension::SetType,
    ])
    .build()
}

fn parse(file: &str, source: &str) -> AstModule {
    AstModule::parse(file, source.to_owned(), &dialect()).unwrap_or_else(|error| die(&error))
}

fn die(error: &dyn std::fmt::Display) -> ! {
    eprintln!("{error}");
    std::process::exit(1)
}

fn run(ast: AstModule, globals: &Globals) {
    Module::with_temp_heap(|module| {
        let mut evaluator = Evaluator::new(&module);
        evaluator.set_max_callstack_size(1000)?;
        evaluator.set_print_handler(&Print);
        evaluator.eval_module(ast, globals)?;
        starlark::Result::Ok(())
    })
    .unwrap_or_else(|error| die(&error))
}

// The time of one call in the best of the rounds, in microseconds: rounds are short, so that the best of them had
// the core for itself.
fn best(rounds: usize, calls: usize, mut action: impl FnMut()) -> f64 {
    let round = |_| {
        let begin = Instant::now();
        (0..calls).for_each(|_| action());
        begin.elapsed().as_secs_f64() * 1e6 / calls as f64
    };
    (0..rounds).map(round).fold(f64::MAX, f64::min)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let read = |i: usize| std::fs::read_to_string(&arguments[i]).unwrap_or_else(|error| die(&error));
    let globals = globals();
    match (arguments.get(1).map(String::as_str), arguments.len()) {
        (Some("run"), 3) => run(parse(&arguments[2], &read(2)), &globals),
        (Some("measure"), 4) => {
            let (script, source) = (read(2), read(3));
            let cold = best(40, 50, || run(parse("script", &script), &globals));
            let parse_us = best(10, 1, || drop(parse("source", &source)));
            println!("{{\"cold_us\":{cold:.2},\"parse_mb_s\":{:.1}}}", source.len() as f64 / parse_us);
        }
        _ => die(&"usage: starlark_rust run FILE | measure FILE SOURCE"),
    }
}
