//! Merges the pieces of a module's initial memory. Go's linker writes 100,000 of them, which is as many as a module may
//! have, and a snapshot adds some.

use anyhow::{Context, Result, bail};
use wasm_encoder::{ConstExpr, DataCountSection, DataSection, Module, RawSection, SectionId};
use wasmparser::{DataKind, Operator, Parser, Payload};

/// Zeros between two pieces that are written out rather than left out.
const GAP: usize = 64;

/// A piece of the initial memory.
struct Segment {
    at: usize,
    bytes: Vec<u8>,
}

/// The same module with fewer pieces. All of them must lie at fixed places of the one memory.
pub fn merge(wasm: &[u8]) -> Result<Vec<u8>> {
    let merged = merged(segments(wasm)?);
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Some((id, range)) = payload?.as_section() else { continue };
        if id == u8::from(SectionId::Data) {
            let mut section = DataSection::new();
            for segment in &merged {
                let at = u32::try_from(segment.at)?.cast_signed();
                section.active(0, &ConstExpr::i32_const(at), segment.bytes.iter().copied());
            }
            module.section(&section);
        } else if id == u8::from(SectionId::DataCount) {
            module.section(&DataCountSection { count: u32::try_from(merged.len())? });
        } else {
            let data = wasm.get(range).context("a section lies outside of the module")?;
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

fn segments(wasm: &[u8]) -> Result<Vec<Segment>> {
    let mut segments = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Payload::DataSection(section) = payload? else { continue };
        for data in section {
            let data = data?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else {
                bail!("a piece of memory has no fixed place");
            };
            let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                bail!("the place of a piece of memory is computed");
            };
            segments.push(Segment { at: value.cast_unsigned() as usize, bytes: data.data.to_vec() });
        }
    }
    Ok(segments)
}

/// Joins pieces that touch or almost do. They must not overlap.
fn merged(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_by_key(|segment| segment.at);
    let mut merged: Vec<Segment> = Vec::new();
    for segment in segments {
        match merged.last_mut() {
            Some(last) if segment.at.saturating_sub(last.at + last.bytes.len()) < GAP => {
                last.bytes.resize(segment.at - last.at, 0);
                last.bytes.extend(segment.bytes);
            }
            _ => merged.push(segment),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::{Segment, merged};

    #[test]
    fn near_pieces_become_one() {
        let piece = |at: usize, bytes: &[u8]| Segment { at, bytes: bytes.to_vec() };
        let all = merged(vec![piece(1000, b"c"), piece(0, b"a"), piece(3, b"b"), piece(1001, b"d")]);
        let all: Vec<(usize, &[u8])> = all.iter().map(|segment| (segment.at, &*segment.bytes)).collect();
        assert_eq!(all, [(0, &b"a\0\0b"[..]), (1000, b"cd")]);
    }
}
