//! Image references: what the grammar takes apart and what it refuses.
use super::*;

fn full(text: &str) -> String {
    Reference::parse(text).map_or_else(|error| format!("{error:?}"), |reference| reference.to_string())
}

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn reads_references_as_the_distribution_project_does() {
    for (text, expected) in [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.29", "docker.io/library/nginx:1.29"),
        ("acme/cart", "docker.io/acme/cart"),
        ("index.docker.io/nginx", "docker.io/library/nginx"),
        ("docker.io/nginx:latest", "docker.io/library/nginx:latest"),
        ("localhost/cart:1", "localhost/cart:1"),
        ("localhost:5000/cart", "localhost:5000/cart"),
        ("registry:5000/cart:5000", "registry:5000/cart:5000"),
        ("registry.example.com/a/b/c:v1", "registry.example.com/a/b/c:v1"),
        ("Registry/cart", "Registry/cart"),
        ("[2001:db8::1]:5000/cart:1", "[2001:db8::1]:5000/cart:1"),
        ("a--b/c__d.e_f:x", "docker.io/a--b/c__d.e_f:x"),
        ("nginx:5000", "docker.io/library/nginx:5000"),
        ("nginx:1.29.0-Alpine_3.X", "docker.io/library/nginx:1.29.0-Alpine_3.X"),
    ] {
        assert_eq!(full(text), expected, "{text}");
    }
    assert_eq!(full(&format!("nginx@{DIGEST}")), format!("docker.io/library/nginx@{DIGEST}"));
    assert_eq!(full(&format!("r:1/a/b:t@{DIGEST}")), format!("r:1/a/b:t@{DIGEST}"));
}

#[test]
fn refuses_what_is_no_reference() {
    let long = "a".repeat(256);
    let id = "0123456789abcdef".repeat(4);
    for (text, expected) in [
        ("", "Empty"),
        (" nginx", "Space"),
        ("nginx:1 ", "Space"),
        ("Nginx", "UpperCase"),
        ("docker.io/Nginx", "UpperCase"),
        ("nginx:", "Tag"),
        ("nginx:-x", "Tag"),
        ("nginx:a:b", "Tag"),
        ("nginx@sha256:abc", "Digest"),
        ("nginx@latest", "Digest"),
        ("nginx@", "Digest"),
        ("a//b", "Repository"),
        ("/a", "Repository"),
        ("a/", "Repository"),
        ("a..b", "Repository"),
        ("a___b", "Repository"),
        ("a.-b", "Repository"),
        (".a", "Repository"),
        ("a-", "Repository"),
        ("-.example.com/a", "Registry"),
        ("host:port/a", "Registry"),
        ("host:/a", "Registry"),
        (":5000/a", "Registry"),
        ("{{ .Values.image }}", "Space"),
        ("${IMAGE}", "UpperCase"),
        (long.as_str(), "TooLong"),
        (id.as_str(), "Repository"),
    ] {
        assert_eq!(full(text), expected, "{text}");
    }
    let upper = format!("nginx@{}", DIGEST.replace("cdef", "CDEF"));
    assert_eq!(full(&upper), "Digest");
    // No runtime knows other algorithms.
    for digest in [DIGEST.replace("sha256", "SHA256"), "md5:0123456789abcdef0123456789abcdef".to_owned()] {
        assert_eq!(full(&format!("nginx:latest@{digest}")), "Digest", "{digest}");
    }
}

#[test]
fn never_panics() {
    let alphabet = ["a", "A", "0", ":", "/", "@", ".", "-", "_", "[", "]", "é", " ", "sha256:"];
    let mut texts = vec![String::new()];
    for _ in 0..4 {
        texts = texts.iter().flat_map(|text| alphabet.map(|part| format!("{text}{part}"))).collect();
        for text in &texts {
            if let Ok(reference) = Reference::parse(text) {
                // The full form reads as itself.
                let again = reference.to_string();
                assert_eq!(Reference::parse(&again).unwrap().to_string(), again, "{text}");
            }
        }
    }
}

#[test]
fn tells_what_may_change() {
    let mutable = |text: &str| Image::new(text).has_mutable_tag();
    assert!(mutable("nginx") && mutable("nginx:latest") && mutable("localhost:5000/nginx"));
    assert!(!mutable("nginx:1.29"));
    assert!(!mutable(&format!("nginx:latest@{DIGEST}")) && !mutable(&format!("nginx@{DIGEST}")));
    assert!(mutable("not an image:1"), "what cannot be read is not called immutable");
}

#[test]
fn compares_whole_parts_of_places() {
    let within = |text: &str, place: &str| Reference::parse(text).unwrap().is_within(place);
    assert!(within("ghcr.io/acme/cart:1", "ghcr.io"));
    assert!(within("ghcr.io/acme/cart:1", "ghcr.io/acme"));
    assert!(within("ghcr.io/acme/cart:1", "ghcr.io/acme/"));
    assert!(within("ghcr.io/acme/cart:1", "ghcr.io/acme/cart"));
    assert!(!within("ghcr.io/acme-evil/cart:1", "ghcr.io/acme"));
    assert!(!within("ghcr.io.evil.com/acme/cart", "ghcr.io"));
    assert!(!within("evil/ghcr.io/acme", "ghcr.io"));
    assert!(within("nginx", "docker.io") && within("nginx", "index.docker.io"));
    assert!(within("nginx", "docker.io/library") && within("nginx", "docker.io/library/nginx"));
    assert!(within("docker.io/library/nginx", "docker.io/library/nginx"));
    assert!(!within("nginx", "docker.io/acme") && !within("acme/nginx", "docker.io/library"));
    assert!(!within("nginx", "docker.io/libraryx") && !within("nginx", "docker.io/nginx"));
    assert!(within("eu.gcr.example.com/a", "*.example.com"));
    assert!(!within("example.com/a", "*.example.com") && !within("evilexample.com/a", "*.example.com"));
    assert!(within("registry:5000/a", "registry:5000") && !within("registry:5000/a", "registry"));
}

#[test]
fn the_same_server_is_the_same_registry() {
    let within = |text: &str, place: &str| Reference::parse(text).unwrap().is_within(place);
    for registry in ["evil.example", "EVIL.example", "evil.example:443", "Evil.Example:443"] {
        for place in ["evil.example", "Evil.example", "evil.example:443", "evil.example/x", "EVIL.example:443/x/"] {
            assert!(within(&format!("{registry}/x:1"), place), "{registry} {place}");
            assert!(within(&format!("{registry}/x/y@{DIGEST}"), place), "{registry} {place}");
        }
        assert!(!within(&format!("{registry}/x:1"), "*.evil.example"), "{registry}");
        for place in ["*.evil.example", "*.EVIL.example", "*.evil.example:443", "*.example/x"] {
            assert!(within(&format!("a.{registry}/x:1"), place), "{registry} {place}");
        }
        assert!(!within(&format!("{registry}/x:1"), "evil.example:5000"), "{registry}");
    }
    assert!(!within("evil.example:5000/x", "evil.example") && !within("evil.example:8443/x", "evil.example"));
    assert!(!within("evil.example:443/X".to_lowercase().as_str(), "evil.example/y"));
    assert!(within("DOCKER.io/evil/x", "docker.io/evil") && within("docker.io:443/evil/x", "index.docker.io"));
    assert!(within("Index.Docker.io/evil/x", "docker.io"));
    // Docker Hub is one registry, and lies in each domain that one of its names lies in.
    for image in ["index.docker.io/evil/x", "Registry-1.Docker.IO:0443/evil/x", "docker.io/evil/x", "evil/x"] {
        for place in ["*.docker.io", "*.Docker.io:443", "*.io/evil", "docker.io", "*.hub.docker.com", "*.docker.com"] {
            assert!(within(image, place), "{image} {place}");
        }
        for place in ["*.registry-1.docker.io", "*.index.docker.io", "*.example.com", "*.docker.io/library"] {
            assert!(!within(image, place), "{image} {place}");
        }
    }
    assert!(!within("hub.docker.com/x", "*.docker.io") && !within("mirror.docker.io/x", "*.docker.com"));
    for alias in ["index.docker.io", "registry-1.docker.io", "Registry.hub.docker.com:0443"] {
        assert!(within(&format!("{alias}/evil/x"), "docker.io/evil") && within("evil/x", alias), "{alias}");
    }
    for port in ["443", "0443", "00443"] {
        assert!(within(&format!("evil.example:{port}/x"), "evil.example"), "{port}");
    }
    assert!(within("evil.example:05000/x", "evil.example:5000") && within("evil.example:5000/x", "evil.example:05000"));
    for port in ["0", "000", "65536", "99999999999999999999"] {
        assert_eq!(Reference::parse(&format!("evil.example:{port}/x")), Err(ImageError::Registry), "{port}");
    }
    assert!(within("[2001:DB8::1]:443/x", "[2001:db8::1]") && !within("[2001:db8::443]/x", "[2001:db8:]"));
}
