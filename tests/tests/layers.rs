//! Who may depend on whom: the table of the design, against what cargo says.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package};
use rackhand_tests::vectors::root;

fn metadata(manifest: &str) -> Metadata {
    MetadataCommand::new().manifest_path(root().join(manifest)).no_deps().exec().unwrap()
}

/// What a package depends on outside of its tests.
fn dependencies(package: &Package) -> BTreeSet<&str> {
    let normal = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    normal.map(|dependency| dependency.name.as_str()).collect()
}

fn package<'a>(metadata: &'a Metadata, name: &str) -> &'a Package {
    metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == name)
        .unwrap_or_else(|| panic!("no package {name}"))
}

#[test]
fn packages_of_the_workspace_depend_as_the_design_says() {
    let metadata = metadata("Cargo.toml");
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("rackhand-core", &[][..]),
        ("rackhand-adapters", &["rackhand-core"]),
        ("rackhand", &["rackhand-core", "rackhand-adapters"]),
        ("rackhand-tests", &["rackhand-core", "rackhand-adapters", "rackhand", "rackhand-fuzz"]),
    ]);
    let members: BTreeSet<&str> = metadata.workspace_packages().iter().map(|package| package.name.as_str()).collect();
    assert_eq!(members, allowed.keys().copied().collect());
    for (name, allowed) in allowed {
        for dependency in dependencies(package(&metadata, name)) {
            let ours = dependency.starts_with("rackhand");
            assert!(!ours || allowed.contains(&dependency), "{name} must not depend on {dependency}");
        }
    }
}

/// Nothing that has sockets, clocks, random numbers, threads or a heap may come near core, not even through another.
#[test]
fn core_depends_on_nothing_but_what_the_design_names() {
    let metadata = metadata("Cargo.toml");
    // memchr comes with nom, and is asked by name for what nom has no combinator for.
    // Hashes and ciphers are RustCrypto's.
    let crypto = ["zeroize", "subtle", "sha1", "sha2", "hmac", "aes", "cbc"];
    let allowed = [&["nom", "memchr", "heapless", "serde", "serde-json-core", "defmt"][..], &crypto].concat();
    for dependency in &package(&metadata, "rackhand-core").dependencies {
        let name = dependency.name.as_str();
        assert!(allowed.contains(&name), "core must not depend on {name}");
        // defmt has no default features worth the name; everything else must go without `std`.
        assert!(!dependency.uses_default_features || name == "defmt", "{name} with its default features");
        let forbidden = ["std", "alloc", "use_std"];
        for feature in &dependency.features {
            assert!(!forbidden.contains(&feature.as_str()), "{name} with its feature {feature}");
        }
    }
}

#[test]
fn adapters_have_no_http_server_and_no_database() {
    let metadata = metadata("Cargo.toml");
    for name in dependencies(package(&metadata, "rackhand-adapters")) {
        for forbidden in ["axum", "hyper", "sqlx", "rusqlite", "diesel", "clap"] {
            assert!(!name.starts_with(forbidden), "adapters must not depend on {name}");
        }
    }
}

/// Features unify: a `libvirt` that any crate turned on would be on for all.
#[test]
fn nobody_turns_libvirt_on() {
    let metadata = metadata("Cargo.toml");
    for package in metadata.workspace_packages() {
        let default = package.features.get("default").cloned().unwrap_or_default();
        assert!(!default.iter().any(|feature| feature.contains("libvirt")), "{} turns it on by default", package.name);
        for dependency in &package.dependencies {
            assert!(
                !dependency.features.iter().any(|feature| feature == "libvirt"),
                "{} turns it on in {}",
                package.name,
                dependency.name
            );
        }
    }
    assert!(package(&metadata, "rackhand").features.contains_key("libvirt"), "the host hands it on");
}

#[test]
fn one_binary_and_one_licence() {
    let metadata = metadata("Cargo.toml");
    let mut binaries = Vec::new();
    for package in metadata.workspace_packages() {
        assert_eq!(package.license.as_deref(), Some("Apache-2.0"), "{}", package.name);
        assert_eq!(package.edition, cargo_metadata::Edition::E2024, "{}", package.name);
        assert_eq!(
            package.rust_version.as_ref().map(ToString::to_string).as_deref(),
            Some("1.95.0"),
            "{}",
            package.name
        );
        binaries.extend(package.targets.iter().filter(|target| target.is_bin()).map(|target| target.name.clone()));
    }
    assert_eq!(binaries, ["rackhand"], "`cargo run -- demo` must know which");
}

/// What the program is made of, with every feature, may be passed on under our licence.
#[test]
fn what_we_are_made_of_may_be_passed_on() {
    /// Licences that ask for no more than their text.
    const FREE: [&str; 15] = [
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CDLA-Permissive-2.0",
        "ISC",
        "MIT",
        "MIT-0",
        "OpenSSL",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
    ];
    /// libvirt's binding: only in a build that asks for it, and README says what that means.
    const LIBVIRT: [&str; 2] = ["virt", "virt-sys"];

    /// Whether one of those that can be chosen asks for no more, or all of those that hold together do.
    fn is_free(licence: &str) -> bool {
        let licence = licence.replace('/', " OR ");
        licence.split(" OR ").any(|choice| {
            choice
                .split(" AND ")
                .all(|one| FREE.contains(&one.trim_matches(|it: char| it.is_whitespace() || "()".contains(it))))
        })
    }

    for free in ["MIT OR Apache-2.0", "MIT/Apache-2.0", "(MIT OR Apache-2.0) AND Unicode-3.0", "GPL-3.0 OR MIT"] {
        assert!(is_free(free), "{free}");
    }
    for bound in ["GPL-3.0", "LGPL-2.1", "MIT AND GPL-3.0", "MPL-2.0", ""] {
        assert!(!is_free(bound), "{bound}");
    }
    let metadata =
        MetadataCommand::new().manifest_path(root().join("Cargo.toml")).features(CargoOpt::AllFeatures).exec().unwrap();
    let nodes: BTreeMap<_, _> = metadata.resolve.as_ref().unwrap().nodes.iter().map(|node| (&node.id, node)).collect();
    let mut inside = BTreeSet::new();
    let mut next = vec![&package(&metadata, "rackhand").id];
    while let Some(id) = next.pop() {
        if inside.insert(id) {
            let linked = |kind: &cargo_metadata::DepKindInfo| kind.kind == DependencyKind::Normal;
            let dependencies = nodes[id].deps.iter().filter(|dependency| dependency.dep_kinds.iter().any(linked));
            next.extend(dependencies.map(|dependency| &dependency.pkg));
        }
    }
    let mut exceptions = Vec::new();
    for package in metadata.packages.iter().filter(|package| package.source.is_some() && inside.contains(&package.id)) {
        let licence = package.license.as_deref().unwrap_or_default();
        if LIBVIRT.contains(&package.name.as_str()) {
            exceptions.push((package.name.as_str(), licence));
        } else {
            assert!(is_free(licence), "{} {} is under '{licence}'", package.name, package.version);
        }
    }
    exceptions.sort_unstable();
    assert_eq!(exceptions, LIBVIRT.map(|name| (name, "LGPL-2.1")));
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("`virt-sys`") && readme.contains("LGPL-2.1"), "README says what follows");
}

/// The firmware is core and adapters on a board; an image takes orders from strangers only if somebody asks for that.
#[test]
fn firmware_sees_core_and_adapters_and_has_no_door_by_default() {
    let metadata = metadata("firmware-example/Cargo.toml");
    let package = package(&metadata, "rackhand-firmware");
    let ours: BTreeSet<&str> = dependencies(package).into_iter().filter(|name| name.starts_with("rackhand")).collect();
    assert_eq!(ours, BTreeSet::from(["rackhand-core", "rackhand-adapters"]));
    assert_eq!(package.features["default"], ["lm3s6965evb"]);
    assert!(package.features.contains_key("test-door"));
    assert!(package.features.values().flatten().all(|feature| feature != "test-door"), "nothing turns it on");
    assert_eq!(package.targets.iter().filter(|target| target.is_bin()).count(), 1);
}

#[test]
fn fuzz_sees_core_and_simulators_and_no_more() {
    let metadata = metadata("fuzz/Cargo.toml");
    let package = package(&metadata, "rackhand-fuzz");
    let ours: BTreeSet<&str> = dependencies(package).into_iter().filter(|name| name.starts_with("rackhand")).collect();
    assert_eq!(ours, BTreeSet::from(["rackhand-core", "rackhand-adapters"]));
    let fuzzer = package.dependencies.iter().find(|dependency| dependency.name == "libfuzzer-sys").unwrap();
    assert!(fuzzer.optional, "the bodies are plain functions on stable");
}
