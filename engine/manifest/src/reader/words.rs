//! The problems that reading can find, in words for people. Ids and messages live here and nowhere else in the reader.
//!
//! A message never repeats a value, nor a part of one: the document may be a `Secret`, and messages go to logs and reports
//! whole. The span says where it stands, and who shows the lines knows what may be shown of them.

use super::Problem;
use crate::Span;

/// What a text can do against the grammar of YAML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Tab,
    Start,
    Quote,
    QuoteAtDocumentEnd,
    Escape,
    ColonHere,
    DashHere,
    KeyHere,
    NoColon,
    NoKey,
    NoDash,
    OpenList,
    OpenMapping,
    NoValue,
    NoName,
    Tag,
    TagHandle,
    Directive,
    Version,
    NoDocument,
    BlockHeader,
}

impl Wrong {
    /// What it is, and what to type.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Tab => ("a tab is used to indent", "indent with spaces; YAML does not allow tabs here"),
            Self::Start => (
                "this character cannot begin a value",
                "put text that begins with an indicator such as `@`, `%`, `|` or a backtick in quotes",
            ),
            Self::Quote => ("a quote is opened and never closed", "close it with the same quote that opens it"),
            Self::QuoteAtDocumentEnd => {
                ("a quote is still open where the document ends", "close it with the same quote that opens it")
            }
            Self::Escape => (
                "an escape that YAML does not know",
                "write `\\\\` for a backslash, or use single quotes, which know no escapes",
            ),
            Self::ColonHere => (
                "a `:` stands where no key can be",
                "check the indentation of this line and the one before; put text that holds `: ` in quotes",
            ),
            Self::DashHere => {
                ("a `-` stands where no list item can begin", "begin the list on a line of its own, below its key")
            }
            Self::KeyHere => ("a key stands where none can be", "begin the key on a line of its own"),
            Self::NoColon => (
                "expected a key with `:`, found text that belongs to nothing",
                "write `key: value`, or indent the line so that it continues the text above it",
            ),
            Self::NoKey => (
                "expected a key at this depth",
                "line this up with the keys around it: one space more or less makes it part of something else",
            ),
            Self::NoDash => (
                "expected the next item of the list, with `-`",
                "line the `-` up with the items before it, or indent the line so that it belongs to the last one",
            ),
            Self::OpenList => ("a `[` list is not closed", "close it with `]`, and separate its items by `,`"),
            Self::OpenMapping => ("a `{` mapping is not closed", "close it with `}`, and separate its members by `,`"),
            Self::NoValue => ("expected a value", "write a value, or remove what asks for one"),
            Self::NoName => ("an alias or anchor without a name", "put text that begins with `*` or `&` in quotes"),
            Self::Tag => ("a tag that YAML cannot read", "put text that begins with `!` in quotes"),
            Self::TagHandle => ("a tag whose handle is not declared", "put text that begins with `!` in quotes"),
            Self::Directive => {
                ("a directive that YAML does not know", "put text that begins with `%` in quotes, or remove the line")
            }
            Self::Version => ("Kubernetes reads YAML 1.1 only", "remove the `%YAML` line"),
            Self::NoDocument => ("expected `---` after the directives", "put a line `---` below them"),
            Self::BlockHeader => (
                "text on the line of `|` or `>`",
                "begin the text on the next line, indented; or put text that begins with `|` or `>` in quotes",
            ),
        }
    }
}

/// A document that is not YAML, or not what Kubernetes takes for it.
pub(crate) fn invalid(message: impl Into<String>, help: &'static str, span: Span) -> Problem {
    Problem { rule: "invalid-yaml", message: message.into(), help, span, fatal: true }
}

/// A JSON document that is not JSON.
pub(crate) fn invalid_json(message: impl Into<String>, span: Span) -> Problem {
    let help = "a file that begins with `{` is read as JSON; write JSON, or YAML in block style";
    Problem { rule: "invalid-json", message: message.into(), help, span, fatal: true }
}

pub(crate) fn too_deep(limit: u32, span: Span) -> Problem {
    Problem {
        rule: "nesting-limit",
        message: format!("nested deeper than {limit} levels"),
        help: "no Kubernetes object nests this deep: remove the nesting, or split the object",
        span,
        fatal: true,
    }
}

pub(crate) fn too_many_nodes(limit: u32, span: Span) -> Problem {
    Problem {
        rule: "node-limit",
        message: format!("more than {limit} values once aliases are expanded"),
        help: "write the values out instead of repeating aliases of aliases, or split the document",
        span,
        fatal: true,
    }
}

pub(crate) fn too_large(size: usize, limit: u32, span: Span) -> Problem {
    Problem {
        rule: "size-limit",
        message: format!("the document has {size} bytes, more than {limit}"),
        help: "split the document; the API server takes no object above a few MiB",
        span,
        fatal: true,
    }
}

/// The same key twice in one mapping, `written` otherwise than it reads where that is not plain to see: `on` is `true`.
pub(crate) fn duplicate(key: &str, written: Option<&str>, first_line: u32, span: Span) -> Problem {
    let told = match written {
        Some(written) => format!("`{}`, which Kubernetes reads as the key `{}`,", shorten(written), shorten(key)),
        None => format!("`{}`", shorten(key)),
    };
    Problem {
        rule: "duplicate-key",
        message: format!("{told} is given twice, first on line {first_line}"),
        help: "Kubernetes keeps the last one and drops the others without a word; remove the one that is not meant",
        span,
        fatal: false,
    }
}

/// Further keys like those that are told one by one; the first of them stands at `span`.
pub(crate) fn more_duplicates(count: usize, span: Span) -> Problem {
    let message = match count {
        1 => "one more key is given twice".to_owned(),
        _ => format!("{count} more keys are given twice, of which this is the first"),
    };
    Problem { message, ..duplicate("", None, 0, span) }
}

/// Further items like those that are told one by one; this is wrong with the first of them.
pub(crate) fn more_items(first: Problem, count: usize) -> Problem {
    match count {
        0 | 1 => first,
        _ => {
            Problem { message: format!("{}; {count} items of the list from here on are wrong", first.message), ..first }
        }
    }
}

pub(crate) fn not_utf8(line: u32, column: u32, byte: Option<u8>, span: Span) -> Problem {
    let message = match byte {
        Some(byte) => format!("byte 0x{byte:02x} at line {line}, column {column} is not UTF-8"),
        None => "the file is UTF-16, not UTF-8".to_owned(),
    };
    Problem { rule: "invalid-utf8", message, help: "save the file as UTF-8", span, fatal: true }
}

/// The text, cut to what fits a message.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() && text.chars().count() > 60 {
        short.push('…');
    }
    short
}

/// A `---` line that holds more than a comment.
pub(crate) fn separator(span: Span) -> Problem {
    let message = "a line that begins with `---` separates documents, and holds something besides".to_owned();
    let help = "put the text on a line of its own, or indent the line if it belongs to a block of text";
    Problem { rule: "invalid-separator", message, help, span, fatal: true }
}

/// Text after the end of a document that no tool of Kubernetes reads.
pub(crate) fn not_read(span: Span) -> Problem {
    Problem {
        rule: "unread-text",
        message: "Kubernetes does not read what follows here: the document has ended".to_owned(),
        help: "begin the next document with a line `---`, not `...`, or remove what follows",
        span,
        fatal: false,
    }
}

pub(crate) fn second_document(span: Span) -> Problem {
    invalid("a second document, where one is expected", "remove it, or put it into a file of its own", span)
}

pub(crate) fn nothing(span: Span) -> Problem {
    invalid("the file is empty", "write at least one value", span)
}

/// A manifest that lacks what every manifest has.
pub(crate) fn missing(rule: &'static str, what: &str, help: &'static str, span: Span) -> Problem {
    Problem { rule, message: format!("the manifest has no `{what}`"), help, span, fatal: true }
}

/// What was rendered, and is no manifest.
pub(crate) fn stray(span: Span) -> Problem {
    Problem {
        rule: "missing-kind",
        message: "this was rendered and is no manifest: it has no `apiVersion` and `kind`".to_owned(),
        help: "let what renders print manifests and nothing else; a program writes other words to its standard error",
        span,
        fatal: true,
    }
}

/// A member of another type than Kubernetes reads there.
pub(crate) fn wrong_type(what: &str, is: &str, must: &str, span: Span) -> Problem {
    let help = "Kubernetes refuses the object; put text that looks like a number, boolean or null in quotes";
    Problem { rule: "wrong-type", message: format!("`{what}` is {is}, not {must}"), help, span, fatal: true }
}

pub(crate) fn control_character(found: char, span: Span) -> Problem {
    let help = "remove it; inside double quotes it can be written as an escape such as `\\x00`";
    invalid(format!("the control character U+{:04X} is not allowed", u32::from(found)), help, span)
}
