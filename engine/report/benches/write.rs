//! What writing a report of 10,000 findings costs, in each format: `cargo bench -p sluice-report`.
#![expect(clippy::unwrap_used, reason = "a bench")]

use divan::{Bencher, counter::ItemsCount};
use sluice_report::Format;

#[path = "../tests/report/sample.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod sample;

const FINDINGS: usize = 10_000;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 10, args = [Format::Human, Format::Json, Format::Sarif, Format::Github])]
fn findings(bencher: Bencher<'_, '_>, format: Format) {
    let verdict = sample::verdict(vec![sample::mutable_tag(); FINDINGS]);
    let options = sample::options(format);
    bencher
        .counter(ItemsCount::new(FINDINGS))
        .bench_local(|| sluice_report::write(&verdict, &options, &mut std::io::sink()).unwrap());
}
