//! Walks the end-to-end cases of `tests/cases`: a `.trycmd` holds commands and what they print, the folder
//! `.in` beside it is where they run. A new case needs no Rust. `TRYCMD=overwrite` accepts what was printed.

#[test]
fn cases() {
    trycmd::TestCases::new().default_bin_name("sluice").case("../../tests/cases/*.trycmd");
}
