//! The schemas of all versions, read where they lie in `data/schemas.bin`: `data/format.md` describes the file.
//!
//! Nothing is decoded ahead, so that a run touches only the pages of the kinds that it meets. Broken data reads as no
//! kind and no field; the unit tests hold the file against its digest and look at every record of it.
//!
//! Long because every record of the file is read here, each in a few lines.

/// The committed file. `cargo xtask openapi` writes it.
const FILE: &[u8] = include_bytes!("../data/schemas.bin");

/// Where the list of sections begins.
const SECTIONS: usize = 8;
const KIND_SEED: u32 = word(FILE, 4);
const VERSIONS: &[u8] = section(0);
const KIND_SLOTS: &[u8] = section(1);
const KINDS: &[u8] = section(2);
const DEFINITIONS: &[u8] = section(3);
const FIELDS: &[u8] = section(4);
const SLOTS: &[u8] = section(5);
const TYPES: &[u8] = section(6);
const ENUMS: &[u8] = section(7);
const VALUES: &[u8] = section(8);
const KEY_SETS: &[u8] = section(9);
const KEYS: &[u8] = section(10);
const STRINGS: &[u8] = section(11);

/// A slot that holds no field.
const FREE: u8 = 0xFF;
/// A slot that holds no kind.
const NO_KIND: u16 = 0xFFFF;

#[expect(clippy::indexing_slicing, reason = "evaluated by the compiler: a file that is too short does not compile")]
const fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

const fn section(number: usize) -> &'static [u8] {
    let at = SECTIONS + number * 8;
    let (_, from) = FILE.split_at(word(FILE, at) as usize);
    let (section, _) = from.split_at(word(FILE, at + 4) as usize);
    section
}

/// A set of versions: bit `n` is the version with index `n`.
pub(crate) type Versions = u16;

/// One Kubernetes version that the data knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version(u8);

impl Version {
    /// All of them, oldest first.
    pub(crate) fn all() -> impl DoubleEndedIterator<Item = Self> + Clone {
        (0..(VERSIONS.len() / 4) as u8).map(Self)
    }

    /// The newest.
    pub(crate) fn newest() -> Self {
        Self(((VERSIONS.len() / 4) as u8).saturating_sub(1))
    }

    /// The minor version: 34 of 1.34.
    pub(crate) fn minor(self) -> u16 {
        half(VERSIONS, usize::from(self.0) * 4)
    }

    /// The set of this version alone.
    #[inline]
    pub(crate) fn bit(self) -> Versions {
        1 << self.0
    }

    /// The first and the last version of a set.
    pub(crate) fn ends(versions: Versions) -> Option<(Self, Self)> {
        let mut inside = Self::all().filter(|version| versions & version.bit() != 0);
        let first = inside.next()?;
        Some((first, inside.next_back().unwrap_or(first)))
    }
}

#[inline(always)]
fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

#[inline(always)]
fn record<const N: usize>(bytes: &'static [u8], index: usize) -> Option<&'static [u8; N]> {
    bytes.as_chunks::<N>().0.get(index)
}

#[inline(always)]
fn pair(low: u8, high: u8) -> u16 {
    u16::from_le_bytes([low, high])
}

#[inline(always)]
fn text(offset: u16, length: u8) -> &'static [u8] {
    let start = usize::from(offset);
    STRINGS.get(start..start + usize::from(length)).unwrap_or_default()
}

fn utf8(bytes: &'static [u8]) -> &'static str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// The hash of a name: four of its bytes. The generator has the same function.
#[inline(always)]
fn hash(name: &[u8]) -> u32 {
    let at = |index: usize| name.get(index).copied().map_or(0, u32::from);
    let length = name.len();
    at(0) | at(length / 2) << 8 | at(length.wrapping_sub(1)) << 16 | (length as u32) << 24
}

/// Whether two names are the same. Names are short, and a call of `memcmp` costs more than the loop in the sandbox.
#[inline(always)]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let (a_words, a_rest) = a.as_chunks::<4>();
    let (b_words, b_rest) = b.as_chunks::<4>();
    a_words.iter().zip(b_words).all(|(a, b)| u32::from_le_bytes(*a) == u32::from_le_bytes(*b))
        && a_rest.iter().zip(b_rest).all(|(a, b)| a == b)
}

/// A kind of the API, in some versions.
#[derive(Clone, Copy)]
pub(crate) struct Kind(&'static [u8; 12]);

impl Kind {
    /// The kind that a manifest says it is.
    pub(crate) fn find(api_version: &[u8], kind: &[u8]) -> Option<Self> {
        let count = KIND_SLOTS.len() / 2;
        let bits = count.trailing_zeros();
        let hash = hash(api_version).wrapping_mul(0x9E37_79B1) ^ hash(kind);
        let mut slot = (hash.wrapping_mul(KIND_SEED) >> (32 - bits)) as usize;
        for _ in 0..count {
            let number = half(KIND_SLOTS, slot * 2);
            if number == NO_KIND {
                return None;
            }
            let found = Self(record(KINDS, usize::from(number))?);
            if same(found.kind_bytes(), kind) && same(found.api_bytes(), api_version) {
                return Some(found);
            }
            slot = (slot + 1) % count;
        }
        None
    }

    /// Every kind of every version, in the order of groups.
    pub(crate) fn all() -> impl Iterator<Item = Self> + Clone {
        KINDS.as_chunks::<12>().0.iter().map(Self)
    }

    fn api_bytes(self) -> &'static [u8] {
        let [a, b, _, _, length, ..] = *self.0;
        text(pair(a, b), length)
    }

    fn kind_bytes(self) -> &'static [u8] {
        let [_, _, a, b, _, length, ..] = *self.0;
        text(pair(a, b), length)
    }

    /// Whether it is of this API group.
    pub(crate) fn is_in_group(self, group: &[u8]) -> bool {
        match self.api_bytes().strip_prefix(group) {
            Some([b'/', ..]) => !group.is_empty(),
            Some(version) => group.is_empty() && !version.contains(&b'/'),
            None => false,
        }
    }

    /// `apps/v1`.
    pub(crate) fn api_version(self) -> &'static str {
        utf8(self.api_bytes())
    }

    /// `Deployment`.
    pub(crate) fn kind(self) -> &'static str {
        utf8(self.kind_bytes())
    }

    /// The versions that serve it.
    #[inline]
    pub(crate) fn versions(self) -> Versions {
        let [_, _, _, _, _, _, a, b, ..] = *self.0;
        pair(a, b)
    }

    /// What it holds.
    #[inline]
    pub(crate) fn definition(self) -> Definition {
        let [_, _, _, _, _, _, _, _, a, b, ..] = *self.0;
        Definition::at(pair(a, b))
    }

    /// The same, as a type.
    pub(crate) fn object(self) -> Type {
        let [_, _, _, _, _, _, _, _, a, b, ..] = *self.0;
        Type::Object(pair(a, b))
    }
}

/// An object with known fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Definition {
    first: u16,
    fields: u8,
    required: u8,
    seed: u32,
    slots: u32,
    bits: u32,
}

impl Definition {
    #[inline(always)]
    pub(crate) fn at(index: u16) -> Self {
        let bytes: &[u8; 16] = record(DEFINITIONS, usize::from(index)).unwrap_or(&[0; 16]);
        let [f0, f1, fields, required, s0, s1, s2, s3, t0, t1, t2, t3, bits, ..] = *bytes;
        Self {
            first: pair(f0, f1),
            fields,
            required,
            seed: u32::from_le_bytes([s0, s1, s2, s3]),
            slots: u32::from_le_bytes([t0, t1, t2, t3]),
            bits: u32::from(bits),
        }
    }

    /// How many of its fields some version requires: these are the first ones.
    #[inline(always)]
    pub(crate) fn required(self) -> u8 {
        self.required
    }

    /// The field with this index.
    #[inline(always)]
    pub(crate) fn field(self, index: u8) -> Option<Field> {
        if index >= self.fields {
            return None;
        }
        record(FIELDS, usize::from(self.first) + usize::from(index)).map(Field)
    }

    /// The field with this name in these versions, with its index.
    #[inline(always)]
    pub(crate) fn find(self, name: &[u8], versions: Versions) -> Option<(u8, Field)> {
        let size = 1_u32 << (self.bits & 31);
        let mut slot = hash(name).wrapping_mul(self.seed) >> ((32 - self.bits) & 31);
        loop {
            let index = *SLOTS.get((self.slots + slot) as usize)?;
            if index == FREE {
                return None;
            }
            let field = self.field(index)?;
            if same(field.name_bytes(), name) {
                if field.versions() & versions != 0 {
                    return Some((index, field));
                }
                return self.next(field, versions);
            }
            slot = (slot + 1) & (size - 1);
        }
    }

    /// A later field of the same name.
    #[cold]
    fn next(self, mut field: Field, versions: Versions) -> Option<(u8, Field)> {
        for _ in 0..self.fields {
            let index = field.next()?;
            field = self.field(index)?;
            if field.versions() & versions != 0 {
                return Some((index, field));
            }
        }
        None
    }

    /// All fields of these versions.
    pub(crate) fn fields(self, versions: Versions) -> impl Iterator<Item = Field> {
        (0..self.fields)
            .filter_map(move |index| self.field(index))
            .filter(move |field| field.versions() & versions != 0)
    }
}

/// A field of a definition.
#[derive(Clone, Copy)]
pub(crate) struct Field(&'static [u8; 12]);

impl Field {
    #[inline(always)]
    fn name_bytes(self) -> &'static [u8] {
        let [a, b, length, ..] = *self.0;
        text(pair(a, b), length)
    }

    /// Its name.
    pub(crate) fn name(self) -> &'static str {
        utf8(self.name_bytes())
    }

    fn next(self) -> Option<u8> {
        let [_, _, _, next, ..] = *self.0;
        if next == 0 { None } else { Some(next) }
    }

    /// The versions that have it.
    #[inline(always)]
    pub(crate) fn versions(self) -> Versions {
        let [_, _, _, _, a, b, ..] = *self.0;
        pair(a, b)
    }

    /// The versions that require it.
    #[inline(always)]
    pub(crate) fn required(self) -> Versions {
        let [_, _, _, _, _, _, a, b, ..] = *self.0;
        pair(a, b)
    }

    /// What its value has to be.
    #[inline(always)]
    pub(crate) fn kind(self) -> Type {
        let [_, _, _, _, _, _, _, _, a, b, ..] = *self.0;
        Type::at(pair(a, b))
    }
}

/// What a value has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Anything.
    Any,
    /// A string.
    Text,
    /// A boolean.
    Boolean,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A number.
    Number,
    /// A string in base64.
    Bytes,
    /// A string with a time by RFC 3339.
    Time,
    /// The same, with six digits of a second.
    MicroTime,
    /// An integer of 32 bits or a string.
    IntOrString,
    /// An amount such as `500m` or `1Gi`.
    Quantity,
    /// Strings by keys, both in the syntax of labels.
    Labels,
    /// Strings by keys, the keys in the syntax of labels.
    Annotations,
    /// One of these strings: an index for [`values`].
    Enum(u16),
    /// An object: an index for [`Definition::at`].
    Object(u16),
    /// Values by any key: an index for [`Type::at`].
    Map(u16),
    /// A list: an index for [`Type::at`], and how its elements are told apart.
    List(u16, Elements),
}

/// How the elements of a list are told apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Elements {
    /// Not at all.
    Atomic,
    /// By their value.
    Set,
    /// By some of their fields: an index for [`keys`].
    Keyed(u16),
}

impl Type {
    #[inline(always)]
    pub(crate) fn at(index: u16) -> Self {
        let [tag, elements, a, b, c, d, ..] = *record::<8>(TYPES, usize::from(index)).unwrap_or(&[0; 8]);
        let argument = pair(a, b);
        match tag {
            1 => Self::Text,
            2 => Self::Boolean,
            3 => Self::Int32,
            4 => Self::Int64,
            5 => Self::Number,
            6 => Self::Bytes,
            7 => Self::Time,
            8 => Self::MicroTime,
            9 => Self::IntOrString,
            10 => Self::Quantity,
            11 => Self::Labels,
            12 => Self::Annotations,
            13 => Self::Enum(argument),
            14 => Self::Object(argument),
            15 => Self::Map(argument),
            16 => Self::List(
                argument,
                match elements {
                    1 => Elements::Set,
                    2 => Elements::Keyed(pair(c, d)),
                    _ => Elements::Atomic,
                },
            ),
            _ => Self::Any,
        }
    }
}

/// The values of an enum, with the versions that accept each.
#[inline]
pub(crate) fn values(index: u16) -> impl Iterator<Item = (&'static [u8], Versions)> {
    members(ENUMS, VALUES, index)
}

/// The names of the fields that tell the elements of a list apart.
pub(crate) fn keys(index: u16) -> impl Iterator<Item = &'static [u8]> + Clone {
    members(KEY_SETS, KEYS, index).map(|(key, _)| key)
}

#[inline]
fn members(
    heads: &'static [u8],
    members: &'static [u8],
    index: u16,
) -> impl Iterator<Item = (&'static [u8], Versions)> + Clone {
    let [a, b, c, d] = *record::<4>(heads, usize::from(index)).unwrap_or(&[0; 4]);
    let (first, count) = (usize::from(pair(a, b)), usize::from(pair(c, d)));
    members.as_chunks::<8>().0.iter().skip(first).take(count).map(|member| {
        let [offset, high, length, _, low, more, ..] = *member;
        (text(pair(offset, high), length), pair(low, more))
    })
}
