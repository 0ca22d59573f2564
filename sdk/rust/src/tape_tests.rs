//! The tape encoding: what is read, and that no bytes make it panic.
use super::*;

fn tape(json: &str) -> Tape {
    crate::encode::from(&mut serde_json::Deserializer::from_str(json)).unwrap()
}

#[test]
fn reads_every_kind() {
    let tape = tape(r#"{"a":null,"b":[true,false,-1.50,"é\n",[],{}],"":{"x/y":{"m~n":7}}}"#);
    let root = tape.root();
    assert_eq!(format!("{root:?}"), r#"{"a": null, "b": [true, false, -1.5, "é\n", [], {}], "": {"x/y": {"m~n": 7}}}"#);
    assert_eq!(root.kind(), Kind::Object);
    assert_eq!(root.len(), 3);
    assert_eq!(root.get("b").unwrap().items().len(), 6);
    assert_eq!(root.pointer("/b/3").unwrap().as_str(), Some("é\n"));
    assert_eq!(root.pointer("//x~1y/m~0n").unwrap().as_i64(), Some(7));
    assert!(root.pointer("/b/03").is_none());
    assert!(root.pointer("/b/6").is_none());
    assert!(root.pointer("b").is_none());
    assert!(root.get("c").is_none());
}

#[test]
fn refuses_what_is_no_tape() {
    let good = tape(r#"{"a":[1,"x"]}"#).bytes;
    assert_eq!(Tape::new(Vec::new()).unwrap_err(), TapeError::Size);
    assert_eq!(Tape::new(good[..good.len() - 1].to_vec()).unwrap_err(), TapeError::Size);
    let mut other = good.clone();
    other[3] = b'2';
    assert_eq!(Tape::new(other).unwrap_err(), TapeError::Magic);
    let mut text = good.clone();
    *text.last_mut().unwrap() = 0xFF;
    assert_eq!(Tape::new(text).unwrap_err(), TapeError::Text);
}

/// Every byte replaced by every value of a few: walks must end and stay within bounds, verified or not.
#[test]
fn survives_any_broken_byte() {
    let good = tape(r#"{"a":[1,"xé",{"b":null}],"c":{"d":[[],[true]]},"e":"tail"}"#).bytes;
    let mut accepted = 0;
    for at in 0..good.len() {
        for value in [0, 1, 3, 4, 5, 6, 7, 0x0F, 0x16, 0x25, 0x7F, 0x80, 0xFF] {
            let mut bytes = good.clone();
            bytes[at] = value;
            if let Ok(tape) = Tape::new(bytes.clone()) {
                accepted += 1;
                let _ = format!("{:?}", tape.root());
            }
            if let Ok(tape) = Tape::unverified(bytes) {
                walk(tape.root(), &mut 100_000);
            }
        }
    }
    assert!(accepted > 0);
}

fn walk(node: Node<'_>, budget: &mut u32) {
    *budget = budget.saturating_sub(1);
    if *budget == 0 {
        return;
    }
    let _ = (node.as_str(), node.number_text(), node.is_str("xé"), node.get("e").is_some());
    node.items().take(50).for_each(|item| walk(item, budget));
    node.entries().take(50).for_each(|(_, value)| walk(value, budget));
}
