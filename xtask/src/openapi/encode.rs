//! Writes the joined definitions as one file that is walked where it lies: `format.md` beside the data describes it.
//!
//! Fields are found by a small hash table per definition, whose seed is searched for here so that nearly every lookup
//! looks at one slot.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};

use super::join::{Elements, Joined, Kind, Type, Versions};

const MAGIC: &[u8; 4] = b"SKS1";
/// A slot of a definition's table that holds no field.
const FREE: u8 = 0xFF;

/// The file's bytes.
pub fn encode(joined: &Joined) -> Result<Vec<u8>> {
    let mut strings = Strings::default();
    let versions = versions(&joined.versions)?;
    let (kind_slots, kind_seed) = kind_slots(&joined.kinds)?;
    let kinds = kinds(joined, &mut strings)?;
    let fields = Fields::of(joined, &mut strings)?;
    let types = types(&joined.types)?;
    let (enums, values) = groups(&joined.enums, &mut strings, |(value, versions)| (value.as_str(), *versions))?;
    let (key_sets, keys) = groups(&joined.key_sets, &mut strings, |key| (key.as_str(), 0))?;

    let sections: [Vec<u8>; 12] = [
        versions,
        kind_slots,
        kinds,
        fields.definitions,
        fields.records,
        fields.slots,
        types,
        enums,
        values,
        key_sets,
        keys,
        strings.bytes,
    ];
    let mut header = Vec::from(*MAGIC);
    header.extend(kind_seed.to_le_bytes());
    let mut offset = header.len() + sections.len() * 8;
    let mut body = Vec::new();
    for section in &sections {
        header.extend(u32::try_from(offset)?.to_le_bytes());
        header.extend(u32::try_from(section.len())?.to_le_bytes());
        let padded = section.len().next_multiple_of(4);
        body.extend_from_slice(section);
        body.resize(body.len() + padded - section.len(), 0);
        offset += padded;
    }
    header.append(&mut body);
    Ok(header)
}

/// The hash of a name: four of its bytes, spread by a seed. The plugin has the same function.
fn hash(name: &[u8]) -> u32 {
    let at = |index: usize| name.get(index).copied().map_or(0, u32::from);
    let length = name.len();
    at(0) | at(length / 2) << 8 | at(length.saturating_sub(1)) << 16 | (length as u32) << 24
}

fn slot(hash: u32, seed: u32, bits: u32) -> usize {
    (hash.wrapping_mul(seed) >> (32 - bits)) as usize
}

/// Seeds to try: odd numbers that mix well, always the same ones.
fn seeds() -> impl Iterator<Item = u32> {
    (0..4096_u32).map(|n| n.wrapping_mul(0x9E37_79B9).wrapping_add(0x85EB_CA6B) | 1)
}

/// Puts hashes into a table of `2^bits` slots, each at its own or the next free one. Gives the slots, which hold indexes
/// into the list, and how many steps all lookups take beyond the first.
fn table(hashes: &[u32], seed: u32, bits: u32) -> (Vec<Option<usize>>, usize) {
    let mut slots = vec![None; 1 << bits];
    let mut steps = 0;
    for (index, hash) in hashes.iter().enumerate() {
        let mut at = slot(*hash, seed, bits);
        while slots.get(at).is_some_and(Option::is_some) {
            at = (at + 1) % slots.len();
            steps += 1;
        }
        if let Some(free) = slots.get_mut(at) {
            *free = Some(index);
        }
    }
    (slots, steps)
}

fn best_table(hashes: &[u32], bits: u32) -> Result<(Vec<Option<usize>>, u32)> {
    let mut best: Option<(Vec<Option<usize>>, usize, u32)> = None;
    for seed in seeds() {
        let (slots, steps) = table(hashes, seed, bits);
        if best.as_ref().is_none_or(|(_, fewest, _)| steps < *fewest) {
            best = Some((slots, steps, seed));
        }
        if steps == 0 {
            break;
        }
    }
    best.map(|(slots, _, seed)| (slots, seed)).context("no seeds")
}

/// Bits of a table with at least twice as many slots as entries, and one free slot to end a search.
fn bits_for(entries: usize) -> u32 {
    (entries * 2).max(2).next_power_of_two().trailing_zeros()
}

fn versions(versions: &[String]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for version in versions {
        let mut numbers = version.split('.').skip(1).map(str::parse::<u16>);
        let (Some(Ok(minor)), Some(Ok(patch))) = (numbers.next(), numbers.next()) else {
            bail!("{version} is no version");
        };
        bytes.extend(minor.to_le_bytes());
        bytes.extend(patch.to_le_bytes());
    }
    Ok(bytes)
}

/// The hash of a kind: both of its parts.
fn kind_hash(kind: &Kind) -> u32 {
    hash(kind.api_version.as_bytes()).wrapping_mul(0x9E37_79B1) ^ hash(kind.kind.as_bytes())
}

fn kind_slots(kinds: &[Kind]) -> Result<(Vec<u8>, u32)> {
    let hashes: Vec<u32> = kinds.iter().map(kind_hash).collect();
    let (slots, seed) = best_table(&hashes, bits_for(kinds.len()))?;
    let mut bytes = Vec::new();
    for slot in slots {
        let number = slot.map_or(Ok(u16::MAX), u16::try_from)?;
        bytes.extend(number.to_le_bytes());
    }
    Ok((bytes, seed))
}

fn kinds(joined: &Joined, strings: &mut Strings) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for kind in &joined.kinds {
        let (api, api_length) = strings.place(&kind.api_version)?;
        let (name, name_length) = strings.place(&kind.kind)?;
        bytes.extend(api.to_le_bytes());
        bytes.extend(name.to_le_bytes());
        bytes.extend([api_length, name_length]);
        bytes.extend(kind.versions.to_le_bytes());
        bytes.extend(u16::try_from(kind.definition)?.to_le_bytes());
        bytes.extend([0, 0]);
    }
    Ok(bytes)
}

#[derive(Default)]
struct Fields {
    definitions: Vec<u8>,
    records: Vec<u8>,
    slots: Vec<u8>,
}

impl Fields {
    fn of(joined: &Joined, strings: &mut Strings) -> Result<Self> {
        let mut fields = Self::default();
        let mut first = 0_usize;
        for definition in &joined.definitions {
            let list = &definition.fields;
            // Of fields with one name the first is in the table, and each says where the next one is.
            let leaders: Vec<usize> = (0..list.len())
                .filter(|index| !list.iter().take(*index).any(|f| f.name == list[*index].name))
                .collect();
            let hashes: Vec<u32> = leaders.iter().map(|index| hash(list[*index].name.as_bytes())).collect();
            let bits = bits_for(hashes.len());
            let (slots, seed) = best_table(&hashes, bits)?;
            let required = list.iter().filter(|field| field.required != 0).count();
            if list.len() >= usize::from(FREE) || required > 64 {
                bail!("a definition of {} fields, {required} of them required", list.len());
            }

            fields.definitions.extend(u16::try_from(first)?.to_le_bytes());
            fields.definitions.extend([u8::try_from(list.len())?, u8::try_from(required)?]);
            fields.definitions.extend(seed.to_le_bytes());
            fields.definitions.extend(u32::try_from(fields.slots.len())?.to_le_bytes());
            fields.definitions.extend(bits.to_le_bytes());
            for slot in slots {
                let leader = slot.and_then(|slot| leaders.get(slot)).copied();
                fields.slots.push(leader.map_or(Ok(FREE), u8::try_from)?);
            }
            for (index, field) in list.iter().enumerate() {
                let next = list.iter().enumerate().skip(index + 1).find(|(_, other)| other.name == field.name);
                let (name, length) = strings.place(&field.name)?;
                fields.records.extend(name.to_le_bytes());
                fields.records.extend([length, next.map_or(Ok(0), |(next, _)| u8::try_from(next))?]);
                fields.records.extend(field.versions.to_le_bytes());
                fields.records.extend(field.required.to_le_bytes());
                fields.records.extend(u16::try_from(field.kind)?.to_le_bytes());
                fields.records.extend([0, 0]);
            }
            first += list.len();
        }
        Ok(fields)
    }
}

fn types(types: &[Type]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for kind in types {
        let (tag, elements, argument, keys) = match kind {
            Type::Any => (0_u8, 0_u8, 0, 0),
            Type::Text => (1, 0, 0, 0),
            Type::Boolean => (2, 0, 0, 0),
            Type::Int32 => (3, 0, 0, 0),
            Type::Int64 => (4, 0, 0, 0),
            Type::Number => (5, 0, 0, 0),
            Type::Bytes => (6, 0, 0, 0),
            Type::Time => (7, 0, 0, 0),
            Type::MicroTime => (8, 0, 0, 0),
            Type::IntOrString => (9, 0, 0, 0),
            Type::Quantity => (10, 0, 0, 0),
            Type::Labels => (11, 0, 0, 0),
            Type::Annotations => (12, 0, 0, 0),
            Type::Enum(values) => (13, 0, *values, 0),
            Type::Object(definition) => (14, 0, *definition, 0),
            Type::Map(value) => (15, 0, *value, 0),
            Type::List(item, Elements::Atomic) => (16, 0, *item, 0),
            Type::List(item, Elements::Set) => (16, 1, *item, 0),
            Type::List(item, Elements::Keyed(keys)) => (16, 2, *item, *keys),
        };
        bytes.extend([tag, elements]);
        bytes.extend(u16::try_from(argument)?.to_le_bytes());
        bytes.extend(u16::try_from(keys)?.to_le_bytes());
        bytes.extend([0, 0]);
    }
    Ok(bytes)
}

/// Lists of strings with versions: where each list begins and how long it is, and all their members.
fn groups<T>(
    lists: &[Vec<T>],
    strings: &mut Strings,
    member: impl Fn(&T) -> (&str, Versions),
) -> Result<(Vec<u8>, Vec<u8>)> {
    let (mut heads, mut members, mut first) = (Vec::new(), Vec::new(), 0_usize);
    for list in lists {
        heads.extend(u16::try_from(first)?.to_le_bytes());
        heads.extend(u16::try_from(list.len())?.to_le_bytes());
        for item in list {
            let (text, versions) = member(item);
            let (offset, length) = strings.place(text)?;
            members.extend(offset.to_le_bytes());
            members.extend([length, 0]);
            members.extend(versions.to_le_bytes());
            members.extend([0, 0]);
        }
        first += list.len();
    }
    Ok((heads, members))
}

/// Every string once.
#[derive(Default)]
struct Strings {
    bytes: Vec<u8>,
    known: HashMap<String, u16>,
}

impl Strings {
    fn place(&mut self, text: &str) -> Result<(u16, u8)> {
        let length = u8::try_from(text.len()).with_context(|| format!("`{text}` is too long"))?;
        if let Some(offset) = self.known.get(text) {
            return Ok((*offset, length));
        }
        let offset = u16::try_from(self.bytes.len()).context("the strings outgrew 64 KB")?;
        self.bytes.extend_from_slice(text.as_bytes());
        self.known.insert(text.to_owned(), offset);
        Ok((offset, length))
    }
}
