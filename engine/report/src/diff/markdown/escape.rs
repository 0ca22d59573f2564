//! Text of others inside of Markdown: it starts no markup, no link, no mention and no end of what it stands in.
//!
//! After CommonMark 0.31 and what GitHub and GitLab add: mentions (`@name`), references (`#1`) and bare addresses are
//! found in the text after it was rendered, so an escape does not keep them off; an empty comment in their midst does.

use crate::clean;

/// The empty comment.
const APART: &str = "<!-- -->";

/// A code span.
pub(super) fn code(text: &str) -> String {
    let text = clean::line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.is_empty() || text.starts_with(['`', ' ']) || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A sentence. What stands between two backticks becomes code.
pub(super) fn prose(text: &str) -> String {
    let text = clean::line(text);
    let parts: Vec<&str> = text.split('`').collect();
    let mut out = String::with_capacity(text.len() + 16);
    // With an odd number of backticks one has no partner.
    if parts.len().is_multiple_of(2) {
        escape(&text, &mut out);
        return out;
    }
    for (at, part) in parts.into_iter().enumerate() {
        match at % 2 {
            0 => escape(part, &mut out),
            _ if part.trim().is_empty() => escape(&format!("`{part}`"), &mut out),
            _ => out.push_str(&code(part)),
        }
    }
    out
}

/// Text inside of an HTML element.
pub(super) fn html(text: &str) -> String {
    let text = clean::line(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// A block of code, whose lines come clean.
pub(super) fn block(language: &str, lines: &str) -> String {
    let fence = "`".repeat((longest_run(lines) + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n", lines.trim_end_matches('\n'))
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn escape(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (part, after) = rest.split_at(c.len_utf8());
        match c {
            '@' => out.extend(["@", APART]),
            '#' => out.extend(["\\#", APART]),
            ':' if after.starts_with("//") => out.extend([":", APART]),
            '.' if out.to_ascii_lowercase().ends_with("www") => out.extend([APART, "."]),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' | '!' | '^' | '=' => {
                out.extend(["\\", part]);
            }
            _ => out.push_str(part),
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::{block, code, html, prose};

    #[test]
    fn code_ends_where_it_should() {
        assert_eq!(code("a.yaml"), "`a.yaml`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a`"), "`` `a` ``");
        assert_eq!(code("a\n\n# b"), "`a  # b`");
        assert_eq!(block("diff", "+ ```\n+ x\n"), "````diff\n+ ```\n+ x\n````\n");
    }

    #[test]
    fn prose_is_text_and_nothing_else() {
        assert_eq!(prose("`a:latest` moves"), "`a:latest` moves");
        assert_eq!(prose("<b> *x* [y](z) @all #1 a|b"), "\\<b\\> \\*x\\* \\[y\\](z) @<!-- -->all \\#<!-- -->1 a\\|b");
        assert_eq!(prose("one ` alone *"), "one \\` alone \\*");
        assert_eq!(
            prose("see https://x.example and www.x.example"),
            "see https:<!-- -->//x.example and www<!-- -->.x.example"
        );
        assert_eq!(prose("a\n\n</details>"), "a  \\</details\\>");
    }

    #[test]
    fn html_stays_in_its_element() {
        assert_eq!(html("</code></summary> & \"x\""), "&lt;/code&gt;&lt;/summary&gt; &amp; &quot;x&quot;");
    }
}
