//! What may be told of a refusal that is about a Secret. The API server quotes values in its words (`expected string, got …`),
//! and so do webhooks and policies: what is not known to be free of them is left out.

use super::Refusal;
use crate::reference::Reference;

/// What separates the parts of an answer, from the general to the particular.
const BETWEEN: &str = ": ";

/// Parts that hold nothing of an object.
const WHOLE: [&str; 18] = [
    "Forbidden",
    "Internal error occurred",
    "Required value",
    "Too long",
    "Too many requests, please try again later.",
    "context deadline exceeded",
    "error decoding from json",
    "etcdserver",
    "exceeded quota",
    "failed to call webhook",
    "field is immutable",
    "field is immutable when `immutable` is set",
    "field not declared in schema",
    "leader changed",
    "request timed out",
    "strict decoding error",
    "the server is currently unable to handle the request",
    "unable to convert unstructured object to /v1, Kind=Secret",
];

/// How parts begin and end that hold names and nothing else of an object.
const NAMING: [(&str, &str); 12] = [
    ("Secret \"", "\" is invalid"),
    ("Secret in version \"", "\" cannot be handled as a Secret"),
    ("User \"", "\""),
    ("User \"", "at the cluster scope"),
    ("ValidatingAdmissionPolicy '", " denied request"),
    ("admission webhook \"", "\" denied the request"),
    ("failed calling webhook \"", "\""),
    ("failed to convert new object (", ") to proper version"),
    ("failed to create typed patch object (", ")"),
    ("secrets \"", "\" is forbidden"),
    ("unable to create new content in namespace ", " because it is being terminated"),
    ("unknown field \"", "\""),
];

/// How the names of fields of a Secret begin.
const FIELDS: [&str; 4] = [".", "data[", "stringData[", "metadata."];

impl Refusal {
    /// The refusal as it may be told of a request about this object: without what may quote a Secret.
    pub(crate) fn about(self, reference: &Reference) -> Self {
        if reference.is("", "Secret") { self.without_values() } else { self }
    }

    fn without_values(mut self) -> Self {
        self.causes.retain(|(kind, _, _)| kind == "FieldManagerConflict");
        let names_only = matches!(self.code, 401 | 404 | 409) && !self.reason.is_empty() && !self.is_of_admission();
        if names_only {
            return self;
        }
        let kept = plain(&self.message);
        if kept != self.message {
            let said = if kept.is_empty() { format!("HTTP {} {}", self.code, self.reason) } else { kept };
            self.message = format!("{}; the rest of the answer may quote the Secret and is left out", said.trim_end());
        }
        self
    }
}

/// An answer up to what is not known to be free of values.
fn plain(message: &str) -> String {
    let mut kept = Vec::new();
    for part in message.split(BETWEEN) {
        let (words, rest) = part.split_once(", got ").unwrap_or((part, ""));
        if !is_plain(words) {
            break;
        }
        kept.push(words);
        if !rest.is_empty() {
            break;
        }
    }
    kept.join(BETWEEN)
}

fn is_plain(words: &str) -> bool {
    let is_word = |text: &str| text.chars().all(|character| character.is_ascii_alphabetic());
    let is_field =
        FIELDS.iter().any(|start| words.starts_with(start)) || matches!(words, "data" | "immutable" | "type");
    let is_name =
        |text: &str| text.chars().all(|character| character.is_ascii_alphanumeric() || "._-/[]".contains(character));
    WHOLE.contains(&words)
        || NAMING.iter().any(|(start, end)| words.starts_with(start) && words.ends_with(end))
        || is_field && is_name(words)
        || words.strip_prefix("expected ").is_some_and(is_word)
        || words.strip_prefix("illegal base64 data at input byte ").is_some_and(|at| at.parse::<u64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::{Reference, Refusal};
    use crate::error::ClusterError;

    fn told(kind: &str, code: u16, reason: &str, message: &str) -> String {
        let refusal = Refusal { code, reason: reason.into(), message: message.into(), ..Refusal::default() };
        let reference = Reference {
            group: String::new(),
            version: String::from("v1"),
            kind: kind.into(),
            namespace: Some(String::from("shop")),
            name: String::from("pin"),
        };
        ClusterError::Refused { what: String::from("apply it"), refusal: refusal.about(&reference) }.to_string()
    }

    #[test]
    fn nothing_of_a_secret_is_quoted() {
        let typed = "failed to create typed patch object (shop/pin; /v1, Kind=Secret): .stringData.pin: expected string, got \
                     &value.valueUnstructured{Value:12345}";
        assert!(told("ConfigMap", 500, "", typed).ends_with("Value:12345}"));
        for (message, kept) in [
            (typed, ".stringData.pin: expected string;"),
            ("Secret \"pin\" is invalid: data[a]: Invalid value: \"12345\": no", "is invalid: data[a];"),
            ("admission webhook \"a.b\" denied the request: pin is 12345", "denied the request;"),
            ("json: cannot unmarshal number 12345 into Go struct field Secret.data", "HTTP 400 BadRequest;"),
            ("12345", "HTTP 400 BadRequest;"),
            (".stringData.a: expected string, got \"x: .12345\"", ".stringData.a: expected string;"),
            ("HTTP 502 <html>bad gateway: pin 12345", "HTTP 400 BadRequest;"),
        ] {
            let said = told("Secret", 400, "BadRequest", message);
            assert!(said.contains(kept) && !said.contains("12345"), "{said}");
        }
    }

    #[test]
    fn what_quotes_nothing_is_told_whole() {
        for (code, reason, message) in [
            (404, "NotFound", "namespaces \"shop\" not found"),
            (
                403,
                "Forbidden",
                "secrets \"pin\" is forbidden: User \"a:b\" cannot patch resource \"secrets\" in the namespace \"shop\"",
            ),
            (
                400,
                "BadRequest",
                "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 4",
            ),
            (
                500,
                "",
                "failed to create typed patch object (shop/pin; /v1, Kind=Secret): .dato: field not declared in schema",
            ),
            (
                500,
                "",
                "failed to convert new object (/pin; /v1, Kind=Secret) to proper version: unable to convert unstructured object \
                 to /v1, Kind=Secret: error decoding from json: illegal base64 data at input byte 2",
            ),
            (500, "", "etcdserver: request timed out"),
            (503, "ServiceUnavailable", "the server is currently unable to handle the request"),
            (422, "Invalid", "Secret \"pin\" is invalid: data: Forbidden: field is immutable when `immutable` is set"),
        ] {
            assert_eq!(told("Secret", code, reason, message), format!("cannot apply it: {message}"));
        }
    }
}
