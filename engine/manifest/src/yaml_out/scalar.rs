//! Strings as YAML scalars: plain where nothing can be misread, in double quotes, or as a literal block.

/// Words that YAML 1.1 reads as something else than a string, in lower case.
const WORDS: [&str; 15] =
    ["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "-.inf", "+.inf", ".nan", "<<"];

const LONGEST_WORD: usize = 5;

/// Writes a string as a value, and ends the line. `indent` is where the lines of a block start.
pub(super) fn write(text: &str, indent: usize, out: &mut String) {
    if !is_block(text) {
        write_flow(text, out);
        out.push('\n');
        return;
    }
    let trimmed = text.trim_end_matches('\n');
    out.push_str(match text.len() - trimmed.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// Writes a string on one line: plain or in double quotes.
pub(super) fn write_flow(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_shown(c) => out.push(c),
            c => escape(c, out),
        }
    }
    out.push('"');
}

fn escape(c: char, out: &mut String) {
    let code = c as u32;
    let (mark, digits) = match code {
        0..=0xff => ('x', 2),
        0x100..=0xffff => ('u', 4),
        _ => ('U', 8),
    };
    out.push('\\');
    out.push(mark);
    for place in (0..digits).rev() {
        out.push(char::from_digit((code >> (4 * place)) & 15, 16).unwrap_or('0'));
    }
}

/// Whether a character may stand as it is: what YAML calls printable, but for breaks and spaces of other kinds.
fn is_shown(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a1}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}'
        | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
}

/// Whether a string has several lines that a literal block can say.
fn is_block(text: &str) -> bool {
    let content = text.trim_start_matches('\n');
    text.contains('\n')
        && !content.is_empty()
        && !content.starts_with([' ', '\t'])
        && text.chars().all(|c| is_shown(c) || matches!(c, '\n' | '\t'))
}

/// Whether a string can stand without quotes: it is read as this string in every version of YAML.
fn is_plain(text: &str) -> bool {
    let plainly = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/');
    if text.len() > LONGEST_WORD
        && text.as_bytes().iter().all(plainly)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return true;
    }
    let mut chars = text.chars();
    let (Some(first), Some(last)) = (chars.next(), text.chars().next_back()) else { return false };
    let second = chars.next();
    let begins = match first {
        '-' => second.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') && !text.starts_with("---"),
        '.' => !text.starts_with("..."),
        '_' | '/' | '(' | '$' | '+' | '^' | '\\' | ';' | '<' => true,
        c => c.is_alphanumeric(),
    };
    begins
        && !matches!(last, ' ' | ':')
        && text.chars().all(is_shown)
        && !text.contains(": ")
        && !text.contains(" #")
        && !is_numeric(text)
        && !(text.len() <= LONGEST_WORD && WORDS.contains(&text.to_ascii_lowercase().as_str()))
}

/// Whether a string might be a number, a date or a time: it starts like one, and holds nothing else than they do.
fn is_numeric(text: &str) -> bool {
    // Underscores are no part of a number to YAML 1.1, wherever behind the sign they stand.
    let text = text.strip_prefix(['+', '-']).map_or(text, |rest| rest.trim_start_matches('_'));
    let marked = text.strip_prefix('0').map(|rest| rest.trim_start_matches('_'));
    if let Some(digits) = marked.and_then(|rest| rest.strip_prefix(['x', 'X'])) {
        return digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'_');
    }
    text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.:_ eEoObBtTzZ".contains(&byte))
}
