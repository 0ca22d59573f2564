//! Places as SARIF writes them: files as URIs (RFC 3986) below a base, regions in lines and code points from 1, the end
//! exclusive, exactly as a [`Location`] counts.

use serde::Serialize;
use sluice_policy::Location;

/// The name of the folder that relative files are below; GitHub's name for the root of the repository.
pub(super) const BASE: &str = "%SRCROOT%";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u32,
    pub(super) start_column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl PhysicalLocation {
    pub(super) fn of(location: &Location) -> Self {
        let region = Region {
            start_line: location.line.max(1),
            start_column: location.column.max(1),
            end_line: location.end_line.max(1),
            end_column: location.end_column.max(1),
        };
        Self { artifact_location: ArtifactLocation::of(&location.file), region }
    }
}

impl ArtifactLocation {
    pub(super) fn of(file: &str) -> Self {
        let relative = file.trim_start_matches("./");
        match file {
            "-" => Self { uri: String::from("stdin"), uri_base_id: None },
            _ if file.starts_with('/') => Self { uri: format!("file://{}", encoded(file)), uri_base_id: None },
            _ => Self { uri: encoded(relative), uri_base_id: Some(BASE) },
        }
    }
}

/// A path with everything escaped that a URI's path does not hold as it is; a colon too, so that what stands before it is no
/// scheme (section 4.2).
fn encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(byte as char),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::ArtifactLocation;

    #[test]
    fn files_become_uris() {
        let uri = |file: &str| {
            let location = ArtifactLocation::of(file);
            (location.uri, location.uri_base_id.is_some())
        };
        assert_eq!(uri("deploy/cart 1.yaml"), (String::from("deploy/cart%201.yaml"), true));
        assert_eq!(uri("./ü%:#?.yaml"), (String::from("%C3%BC%25%3A%23%3F.yaml"), true));
        assert_eq!(uri("/srv/cart.yaml"), (String::from("file:///srv/cart.yaml"), false));
        // There are no drives where Sluice runs.
        assert_eq!(uri("C:/srv/cart.yaml"), (String::from("C%3A/srv/cart.yaml"), true));
        assert_eq!(uri("a:b.yaml"), (String::from("a%3Ab.yaml"), true));
        assert_eq!(uri("-"), (String::from("stdin"), false));
    }
}
