//! libyaml's events alone: what any reader on top of it pays before it has made anything of them.
#![expect(unsafe_code, reason = "libyaml is called as it is")]

use std::mem::MaybeUninit;

#[expect(clippy::unsafe_removed_from_name, reason = "the name is long, and every use says unsafe")]
use unsafe_libyaml as yaml;

/// The number of events in a text, up to the end or the first error.
pub(crate) fn count(text: &str) -> usize {
    let mut parser = MaybeUninit::<yaml::yaml_parser_t>::uninit();
    let mut count = 0;
    // SAFETY: the parser is initialised before use and deleted after, each event is deleted once, and the text outlives both.
    unsafe {
        let parser = parser.as_mut_ptr();
        assert!(yaml::yaml_parser_initialize(parser).ok);
        yaml::yaml_parser_set_input_string(parser, text.as_ptr(), text.len() as u64);
        loop {
            let mut event = MaybeUninit::<yaml::yaml_event_t>::uninit();
            if yaml::yaml_parser_parse(parser, event.as_mut_ptr()).fail {
                break;
            }
            let kind = (*event.as_ptr()).type_;
            yaml::yaml_event_delete(event.as_mut_ptr());
            count += 1;
            if kind == yaml::YAML_STREAM_END_EVENT {
                break;
            }
        }
        yaml::yaml_parser_delete(parser);
    }
    count
}
