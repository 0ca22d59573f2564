//! The problems that reading can find, in words for people. Ids and messages live here and nowhere else in the reader.

use super::Problem;
use crate::Span;

/// What libyaml says of a text it cannot read, as a person would say it.
pub(crate) fn syntax(said: &str, context: &str) -> (String, &'static str) {
    let (message, help) = match said {
        "found character that cannot start any token" => (
            "this character cannot begin a value",
            "indent with spaces, never with a tab; put text that begins with `@`, `` ` `` or `%` in quotes",
        ),
        "found a tab character that violates indentation" => {
            ("a tab is used to indent", "indent with spaces; YAML does not allow tabs here")
        }
        "found unexpected end of stream" => {
            ("a quote is opened and never closed", "close it with the same quote that opens it")
        }
        "found unexpected document indicator" => {
            ("a quote is still open where the document ends", "close it with the same quote that opens it")
        }
        "mapping values are not allowed in this context" => (
            "a `:` stands where no key can be",
            "check the indentation of this line and the one before; put text with `: ` in it in quotes",
        ),
        "block sequence entries are not allowed in this context" => {
            ("a `-` stands where no list item can begin", "begin the list on a line of its own, below its key")
        }
        "block mapping keys are not allowed in this context" | "mapping keys are not allowed in this context" => {
            ("a key stands where none can be", "begin the key on a line of its own")
        }
        "could not find expected ':'" => (
            "this line is no key with a value, and belongs to nothing above it",
            "write `key: value`, or indent the line so that it continues the text above",
        ),
        "did not find expected key" => (
            "expected a key at this depth",
            "line this up with the keys around it: one space more or less makes it part of something else",
        ),
        "did not find expected '-' indicator" => (
            "expected the next item of the list, with `-`",
            "line the `-` up with the items before it, or indent this line further so that it belongs to the last one",
        ),
        "did not find expected ',' or ']'" => ("a `[` list is not closed", "close it with `]`, and separate items by `,`"),
        "did not find expected ',' or '}'" => ("a `{` mapping is not closed", "close it with `}`, and separate members by `,`"),
        "did not find expected node content" => ("a value is missing here", "write a value, or remove what asks for one"),
        "did not find expected alphabetic or numeric character" => {
            ("an alias or anchor without a name", "put text that begins with `*` or `&` in quotes")
        }
        "found unknown escape character" => {
            ("an escape that YAML does not know", "write `\\\\` for a backslash, or use single quotes, which know no escapes")
        }
        "found undefined tag handle" => ("a tag whose handle is not declared", "put text that begins with `!` in quotes"),
        "did not find expected <document start>" => {
            ("text after the end of the document", "begin the next document with a line `---`")
        }
        "control characters are not allowed" => (
            "a control character in the text",
            "remove it; inside double quotes it can be written as an escape such as `\\x00`",
        ),
        _ => {
            let context = if context.is_empty() { String::new() } else { format!(" {context}") };
            return (format!("{said}{context}"), "check the YAML around this place");
        }
    };
    (message.to_owned(), help)
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

/// The same key twice in one mapping.
pub(crate) fn duplicate(key: &str, first_line: u32, span: Span) -> Problem {
    Problem {
        rule: "duplicate-key",
        message: format!("`{}` is given twice, first on line {first_line}", shorten(key)),
        help: "Kubernetes keeps the last one and drops the others without a word; remove the one that is not meant",
        span,
        fatal: false,
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
pub(crate) fn separator(text: &str, span: Span) -> Problem {
    let message = format!("a line that begins with `---` separates documents, and holds `{}` besides", shorten(text));
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

/// A member of another type than Kubernetes reads there.
pub(crate) fn wrong_type(what: &str, is: &str, must: &str, span: Span) -> Problem {
    let help = "Kubernetes refuses the object; put text that looks like a number, boolean or null in quotes";
    Problem { rule: "wrong-type", message: format!("`{what}` is {is}, not {must}"), help, span, fatal: true }
}
