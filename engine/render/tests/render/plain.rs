//! Plain YAML, with the line that each line came from.

use sluice_render::{Limits, Method, Origins, RenderError, Rendered};

use crate::stage::{RENDERERS, renderers, tree};

fn plain(files: &[(&str, &str)], origins: Origins) -> Result<Rendered, RenderError> {
    RENDERERS.render(tree(files), "app", &Method::Plain, origins)
}

#[test]
fn files_stand_one_after_another() {
    let files = [
        ("app/b.yml", "b: 1"),
        ("app/a.yaml", "\u{feff}a: 1\n---\na: 2\n"),
        ("app/deep/c.json", "{\"c\": 1}\n"),
        ("app/.git/x.yaml", "hidden: 1\n"),
        ("app/readme.md", "text\n"),
    ];
    let rendered = plain(&files, Origins::Positions).unwrap();
    assert_eq!(rendered.text, "a: 1\n---\na: 2\n---\nb: 1\n---\n{\"c\": 1}\n");
    assert_eq!(rendered.files, ["app/a.yaml", "app/b.yml", "app/deep/c.json"]);
    let origins: Vec<(u32, u32, u32)> = rendered.origins.iter().map(|o| (o.out_line, o.file, o.line)).collect();
    assert_eq!(origins, [(1, 0, 1), (2, 0, 2), (3, 0, 3), (5, 1, 1), (7, 2, 1)]);
    assert!(rendered.origins.iter().all(|origin| origin.exact && origin.column == 0));
    let without = plain(&files, Origins::None).unwrap();
    assert_eq!((without.text, without.files.len(), without.origins.len()), (rendered.text, 0, 0));
}

#[test]
fn what_cannot_be_rendered() {
    assert!(matches!(plain(&[("app/a.txt", "a")], Origins::None), Err(RenderError::Empty { .. })));
    assert_eq!(plain(&[("b/a.yaml", "a")], Origins::None).unwrap_err().to_string(), "there is no `app`");
    let big = [("app/a.yaml", "a: 1\n")];
    let error =
        renderers(Limits { output: 3, ..Limits::default() }).render(tree(&big), "app", &Method::Plain, Origins::None);
    assert!(matches!(error, Err(RenderError::TooMuch { what: "output", .. })), "{error:?}");
}
