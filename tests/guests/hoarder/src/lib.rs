//! The fixture that hoards: it fills blocks of all sizes, far past what a policy has at first, gives some back, takes others,
//! and sees that each still says what was written to it.

#![cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "only a component calls the rule"))]

use std::hint::black_box;

use sluice_sdk::prelude::*;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// What it holds at once.
    bytes: usize,
    /// It panics once it holds them.
    panics: bool,
}

#[policy(rule = "hoards", kinds = ["Deployment"])]
fn hoards(resource: &Resource, settings: &Settings) -> Result<Vec<Finding>> {
    let mut hoard = Hoard::default();
    hoard.fill(settings.bytes);
    assert!(!settings.panics, "as asked");
    hoard.check()?;
    let mut turn = 0;
    hoard.blocks.retain(|_| {
        turn += 1;
        turn % 3 > 0
    });
    hoard.check()?;
    hoard.fill(settings.bytes);
    hoard.check()?;
    Ok(vec![resource.finding("", format!("holds {} bytes in {} blocks", hoard.held(), hoard.blocks.len()))])
}

/// From below what allocators round to, to above what the host is asked for at once.
const SIZES: [usize; 8] = [1, 24, 333, 4_097, 65_536, 7, 300_000, 1_500_000];

type Block = Box<dyn AsRef<[u8]>>;

/// A block that must begin where few others may.
#[repr(align(16384))]
struct Wide([u8; 16_384]);

impl AsRef<[u8]> for Wide {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[derive(Default)]
struct Hoard {
    /// Each with what was written to it.
    blocks: Vec<(u8, Block)>,
    made: usize,
}

impl Hoard {
    fn fill(&mut self, bytes: usize) {
        let mut held = self.held();
        while held < bytes {
            // A prime, so that the mark of a size is another in each round.
            let mark = (self.made % 251) as u8;
            let block: Block = match SIZES.get(self.made % (SIZES.len() + 1)) {
                Some(&size) => Box::new(vec![mark; size.min(bytes - held)]),
                None => Box::new(Wide([mark; 16_384])),
            };
            held += (*block).as_ref().len();
            self.blocks.push((mark, black_box(block)));
            self.made += 1;
        }
    }

    fn held(&self) -> usize {
        self.blocks.iter().map(|(_, block)| (**block).as_ref().len()).sum()
    }

    fn check(&self) -> Result<()> {
        for (mark, block) in &self.blocks {
            let bytes = (**block).as_ref();
            let aligned = bytes.len() != 16_384 || bytes.as_ptr().addr() % 16_384 == 0;
            if !aligned || bytes.iter().any(|byte| byte != mark) {
                return Err(sluice_sdk::Error::new(format!(
                    "a block of {} bytes is not as it was written",
                    bytes.len()
                )));
            }
        }
        Ok(())
    }
}
