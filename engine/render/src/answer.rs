//! What a render gives, and how a guest's answer becomes one: nothing in it is believed before it was looked at.

use serde::Deserialize;

/// A rendered set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The YAML, as the tool prints it.
    pub text: String,
    /// The files that [`Origin::file`] and [`Chosen::file`] count, from the root of the checkout. A path goes on behind that
    /// of an archive where a file in it is meant; `--set` and `--set-string` stand for arguments, whose numbers are the lines.
    pub files: Vec<String>,
    /// Where the text came from, sorted by the place in it. Empty where it was not asked for.
    pub origins: Vec<Origin>,
    /// Where values on lines of the text were chosen, sorted by the line. Empty where it was not asked for.
    pub values: Vec<Chosen>,
    /// What the tool wants people to know.
    pub warnings: Vec<String>,
    /// Bytes of memory that it took; 0 where that is not known.
    pub memory: u64,
}

/// Where a piece of the text was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// The line in the text, from 1.
    pub out_line: u32,
    /// The column in the text, from 1; 0 for the whole line.
    pub out_column: u32,
    /// The file, as an index into [`Rendered::files`].
    pub file: u32,
    /// The line in the file, from 1.
    pub line: u32,
    /// The column in the file, from 1; 0 for the whole line.
    pub column: u32,
    /// Whether it was proved.
    pub exact: bool,
}

/// A line of the text that holds a value as someone chose it: in a file of values, or by an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chosen {
    /// The line in the text, from 1.
    pub out_line: u32,
    /// The file, as an index into [`Rendered::files`].
    pub file: u32,
    /// The line in the file, from 1.
    pub line: u32,
}

/// What stands before the text.
#[derive(Deserialize)]
struct Metadata {
    files: Vec<String>,
    origins: Vec<(u32, u32, u32, u32, u32, u8)>,
    values: Vec<(u32, u32, u32)>,
    warnings: Vec<String>,
}

/// Reads an answer: the length of the metadata, the metadata, the text.
///
/// # Errors
/// Words for what is wrong with it.
pub(crate) fn read(mut answer: Vec<u8>) -> Result<Rendered, String> {
    const SHORT: &str = "the answer ends too early";
    let length = answer.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes) as usize).ok_or(SHORT)?;
    let head = answer.get(4..).and_then(|rest| rest.get(..length)).ok_or(SHORT)?;
    let metadata: Metadata = serde_json::from_slice(head).map_err(|error| format!("bad metadata: {error}"))?;
    answer.drain(..4 + length);
    let text = String::from_utf8(answer).map_err(|_| "the text is not UTF-8".to_owned())?;
    let origins: Vec<Origin> = metadata.origins.into_iter().map(origin).collect();
    if origins.iter().any(|origin| origin.file as usize >= metadata.files.len() || origin.line == 0) {
        return Err("an origin points to no file or line".to_owned());
    }
    if !origins.is_sorted_by_key(|origin| (origin.out_line, origin.out_column)) {
        return Err("the origins are not sorted".to_owned());
    }
    let values: Vec<Chosen> = metadata.values.into_iter().map(chosen).collect();
    if values.iter().any(|value| value.file as usize >= metadata.files.len() || value.line == 0) {
        return Err("a value points to no file or line".to_owned());
    }
    if !values.is_sorted_by_key(|value| value.out_line) {
        return Err("the values are not sorted".to_owned());
    }
    Ok(Rendered { text, files: metadata.files, origins, values, warnings: metadata.warnings, memory: 0 })
}

fn origin((out_line, out_column, file, line, column, exact): (u32, u32, u32, u32, u32, u8)) -> Origin {
    Origin { out_line, out_column, file, line, column, exact: exact == 1 }
}

fn chosen((out_line, file, line): (u32, u32, u32)) -> Chosen {
    Chosen { out_line, file, line }
}

#[cfg(test)]
mod tests {
    use super::{Chosen, Origin, read};

    fn answer(metadata: &str, text: &[u8]) -> Vec<u8> {
        let length = u32::try_from(metadata.len()).unwrap().to_le_bytes();
        [&length, metadata.as_bytes(), text].concat()
    }

    #[test]
    fn an_answer_is_read() {
        let metadata = r#"{"files":["a"],"origins":[[1,0,0,3,0,1],[2,4,0,5,6,0]],"values":[[2,0,7]],"warnings":["w"]}"#;
        let rendered = read(answer(metadata, b"text")).unwrap();
        assert_eq!(
            (rendered.text.as_str(), rendered.files, rendered.warnings.len()),
            ("text", vec!["a".to_owned()], 1)
        );
        let second = Origin { out_line: 2, out_column: 4, file: 0, line: 5, column: 6, exact: false };
        assert_eq!(rendered.origins[1], second);
        assert!(rendered.origins[0].exact);
        assert_eq!(rendered.values, [Chosen { out_line: 2, file: 0, line: 7 }]);
    }

    #[test]
    fn a_broken_answer_is_refused() {
        let head = |origins: &str| format!(r#"{{"files":["a"],"origins":{origins},"values":[],"warnings":[]}}"#);
        let values = |values: &str| format!(r#"{{"files":["a"],"origins":[],"values":{values},"warnings":[]}}"#);
        for (answer, words) in [
            (vec![1, 0], "ends too early"),
            (vec![9, 0, 0, 0, b'{'], "ends too early"),
            (answer("[]", b""), "bad metadata"),
            (answer(&head("[]"), b"\xff"), "not UTF-8"),
            (answer(&head("[[1,0,1,1,0,1]]"), b""), "no file"),
            (answer(&head("[[1,0,0,0,0,1]]"), b""), "no file or line"),
            (answer(&head("[[2,0,0,1,0,1],[1,0,0,1,0,1]]"), b""), "not sorted"),
            (answer(&values("[[1,1,1]]"), b""), "a value points to no file"),
            (answer(&values("[[1,0,0]]"), b""), "a value points to no file or line"),
            (answer(&values("[[2,0,1],[1,0,1]]"), b""), "the values are not sorted"),
        ] {
            let error = read(answer).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
