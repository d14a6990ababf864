//! The proof that nothing in `rackhand-core` can reach a panic (DESIGN, core rule 7): `tests/proof` is built for a
//! microcontroller at the optimisation levels that ship, and each of its roots is linked alone. All that a root may
//! leave undefined are the doors to foreign code. A second test asks rustdoc for all that core lets others call and
//! compares it with the table of roots.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rackhand_core::foreign::DOORS;
use rackhand_tests::need;
use rackhand_tests::toolchain::{self, TARGET, command, run};
use rackhand_tests::vectors::root;
use serde_json::Value;

/// What a root leaves undefined that can panic.
const PANIC: &str = "__panic_path_left_in_core";
/// The profiles of `tests/proof`.
const LEVELS: [&str; 3] = ["firmware", "size", "host"];

#[test]
fn nothing_in_core_can_panic() {
    let Some(linker) = Linker::find() else { return };
    let rows = table();
    let mut doors = BTreeSet::new();
    let mut wrong = Vec::new();
    for level in LEVELS {
        let library = build(level, false);
        let begin = Instant::now();
        for (row, undefined) in rows.iter().zip(linker.link_each(&library, &rows)) {
            let (can_panic, others): (Vec<_>, Vec<_>) = undefined.into_iter().partition(|symbol| symbol == PANIC);
            let (open, strange): (Vec<_>, Vec<_>) = others.into_iter().partition(|it| DOORS.contains(&it.as_str()));
            doors.extend(open);
            if !strange.is_empty() {
                wrong.push(format!("{level}: {} needs {strange:?}", row.path));
            }
            match (row.path.starts_with("control::bad::"), can_panic.is_empty()) {
                (false, true) | (true, false) => {}
                (false, false) => {
                    let way = linker.way_to_panic(&library, &row.path);
                    wrong.push(format!("{level}: {} can panic:\n    {way}", row.path));
                }
                (true, true) => wrong.push(format!("{level}: {} can panic and is not found out", row.path)),
            }
        }
        assert_ne!(linker.link(&library, "control::no_such_root"), BTreeSet::new(), "a root that is not there links");
        println!("{level}: {} roots linked in {:.1?}", rows.len(), begin.elapsed());

        let library = build(level, true);
        for (row, undefined) in rows.iter().zip(linker.link_each(&library, &rows)) {
            if !undefined.contains(PANIC) {
                wrong.push(format!("{level}: {} proves nothing: its call never returns", row.path));
            }
        }
    }
    for door in DOORS.iter().filter(|door| !doors.contains(**door)) {
        wrong.push(format!("nothing goes through the door {door}"));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_table_names_all_that_core_lets_others_call() {
    let Some(api) = Api::read() else { return };
    let there = api.functions();
    let rows = table();
    let mut named = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in rows.iter().filter(|row| !row.path.starts_with("control::")) {
        if !named.insert(row.path.clone()) {
            wrong.push(format!("twice in the table: {}", row.path));
        }
        if !row.calls_what_it_says() {
            wrong.push(format!("the root of {} does not call it: {}", row.path, row.call));
        }
    }
    println!("{} functions, {} roots", there.len(), named.len());
    wrong.extend(there.difference(&named).map(|path| format!("has no root in tests/proof: {path}")));
    wrong.extend(named.difference(&there).map(|path| format!("is no longer in core: {path}")));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

// The table of roots, as text.

#[derive(Debug)]
struct Row {
    path: String,
    call: String,
}

impl Row {
    /// Whether method and type of the path occur in the call: what copying a row gets wrong.
    fn calls_what_it_says(&self) -> bool {
        // What a conversion is from stands behind its name.
        let function = self.path.find("from(").map_or(&*self.path, |at| &self.path[..at + 4]);
        let (owner, method) = function.rsplit_once("::").unwrap_or(("", function));
        let words = |text: &str| -> Vec<String> {
            text.split(|it: char| !it.is_alphanumeric() && it != '_').map(Into::into).collect()
        };
        let owner = words(owner.trim_end_matches(')')).pop().unwrap_or_default();
        // The `E` of `&mut E` is any type.
        let any_owner = owner.len() == 1;
        (any_owner || words(&self.call).contains(&owner)) && self.call.contains(&format!("{method}("))
    }
}

/// The rows between `roots! {` and the next line that is only `}`, in every file of the proof.
fn table() -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for file in fs::read_dir(root().join("tests/proof/src")).expect("the proof's sources") {
        let file = file.expect("a file of the proof").path();
        let text = fs::read_to_string(&file).expect("text");
        let mut lines = text.lines();
        while lines.any(|line| line == "roots! {") {
            for line in lines.by_ref().take_while(|line| *line != "}") {
                if let Some((path, call)) = line.strip_prefix("    \"").and_then(|row| row.split_once("\" => ")) {
                    rows.push(Row { path: path.to_owned(), call: call.to_owned() });
                } else if let (Some(row), true) = (rows.last_mut(), line.starts_with("    ")) {
                    row.call.push_str(line);
                } else {
                    panic!("{}: no row of the table: {line}", file.display());
                }
            }
        }
    }
    assert!(rows.iter().any(|row| row.path.starts_with("control::good::")), "no control");
    assert!(rows.iter().any(|row| row.path.starts_with("control::bad::")), "no control");
    rows
}

// Building and linking.

/// Where everything goes that is built here.
fn target_dir() -> PathBuf {
    // `target/tmp`, wherever `target` is.
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a target directory").join("proof")
}

/// Builds the proof and returns the library.
fn build(level: &str, control: bool) -> PathBuf {
    let begin = Instant::now();
    let mut cargo = command(env!("CARGO"));
    cargo.args(["build", "--locked", "--manifest-path", "tests/proof/Cargo.toml", "--target", TARGET]);
    cargo.args(["--profile", level]).arg("--target-dir").arg(target_dir());
    cargo.args(control.then_some("--features=control")).env("RUSTFLAGS", "--cfg rackhand_proof");
    run(&mut cargo);
    println!("{level}: built{} in {:.1?}", if control { " as control" } else { "" }, begin.elapsed());
    target_dir().join(TARGET).join(level).join("librackhand_proof.a")
}

/// The linker that comes with the compiler.
struct Linker(PathBuf);

impl Linker {
    fn find() -> Option<Self> {
        toolchain::linker().map(Self)
    }

    fn command(&self, library: &Path, root: &str) -> Command {
        let mut lld = Command::new(&self.0);
        lld.args(["-flavor", "gnu", "--gc-sections", "--no-demangle", "-o", "/dev/null", "-e", root]).arg(library);
        lld
    }

    /// Links one root and returns the symbols that stay undefined.
    fn link(&self, library: &Path, root: &str) -> BTreeSet<String> {
        // A root that is not there is only warned of.
        let output = self.command(library, root).args(["--error-limit=0", "--fatal-warnings"]).output().expect("lld");
        let says = String::from_utf8_lossy(&output.stderr);
        let mut undefined: BTreeSet<_> =
            says.lines().filter_map(|line| Some(line.split_once("undefined symbol: ")?.1.to_owned())).collect();
        if undefined.is_empty() && !output.status.success() {
            undefined.insert(says.into_owned());
        }
        undefined
    }

    /// Links each root alone, in as many threads as there are processors.
    fn link_each(&self, library: &Path, rows: &[Row]) -> Vec<BTreeSet<String>> {
        let next = AtomicUsize::new(0);
        let work = || {
            let row = || rows.get(next.fetch_add(1, Ordering::Relaxed));
            std::iter::from_fn(row).map(|row| (&*row.path, self.link(library, &row.path))).collect::<Vec<_>>()
        };
        let mut linked: BTreeMap<&str, _> = std::thread::scope(|scope| {
            let threads = std::thread::available_parallelism().map_or(2, usize::from);
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a thread that links")).collect()
        });
        rows.iter().map(|row| linked.remove(&*row.path).expect("each path once in the table")).collect()
    }

    /// Who calls whom, from the root to the panic.
    fn way_to_panic(&self, library: &Path, root: &str) -> String {
        let mut lld = self.command(library, root);
        lld.args(["--demangle", "--unresolved-symbols=ignore-all", "--why-live=*panic*"]);
        let says = lld.output().map(|output| output.stdout).unwrap_or_default();
        let says = String::from_utf8_lossy(&says);
        // Each chain begins with its panic; a line is `library(object):(symbol)` and perhaps a remark.
        let symbol = |line: &str| {
            let rest = line.split_once("):(")?.1;
            rest.strip_suffix(") (entry point)").or_else(|| rest.strip_suffix(')')).map(str::to_owned)
        };
        let chains = says.split("live symbol: ").map(|chain| chain.lines().filter_map(symbol).collect::<Vec<_>>());
        let mut longest = chains.max_by_key(Vec::len).unwrap_or_default();
        longest.reverse();
        longest.join("\n      -> ")
    }
}

// What core lets others call, as rustdoc tells it.

/// Traits whose implementations are text, JSON or logs, or are checked through their own functions.
const NOT_ASKED: [&str; 6] = ["Debug", "Deserialize", "Display", "Error", "Format", "Serialize"];

struct Api {
    index: serde_json::Map<String, Value>,
    paths: serde_json::Map<String, Value>,
    /// The public name of each item that can be named, without the crate's.
    names: BTreeMap<u64, String>,
}

impl Api {
    fn read() -> Option<Self> {
        let nightly = command("cargo").args(["+nightly", "--version"]).output();
        if !nightly.is_ok_and(|output| output.status.success()) {
            need::missing("a nightly compiler, for rustdoc's JSON");
            return None;
        }
        let target = target_dir().join("api");
        let mut cargo = command("cargo");
        cargo.args(["+nightly", "rustdoc", "--package=rackhand-core", "--lib", "--all-features", "--target-dir"]);
        cargo.arg(&target).args(["--", "-Zunstable-options", "--output-format=json", "--document-hidden-items"]);
        run(&mut cargo);
        let text = fs::read(target.join("doc/rackhand_core.json")).expect("rustdoc's JSON");
        let mut json: Value = serde_json::from_slice(&text).expect("JSON");
        let root = id(&json["root"]);
        let mut part = |name: &str| match json[name].take() {
            Value::Object(part) => part,
            other => panic!("rustdoc's JSON has no {name}: {other}"),
        };
        let mut api = Self { index: part("index"), paths: part("paths"), names: BTreeMap::new() };
        api.name(root, "", "");
        Some(api)
    }

    fn item(&self, id: u64) -> Option<(&Value, &str, &Value)> {
        let item = self.index.get(&id.to_string())?;
        let (kind, inner) = item["inner"].as_object()?.iter().next()?;
        Some((item, kind, inner))
    }

    /// Gives the item and what is in it their names.
    fn name(&mut self, id: u64, parent: &str, renamed: &str) {
        let Some((item, kind, inner)) = self.item(id) else { return };
        let name = item["name"].as_str().filter(|_| renamed.is_empty()).unwrap_or(renamed);
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}::{name}") };
        match kind {
            "module" => {
                let path = if inner["is_crate"] == true { String::new() } else { path };
                for child in ids(&inner["items"]) {
                    self.name(child, &path, "");
                }
            }
            "use" => {
                assert_eq!(inner["is_glob"], false, "a glob in {parent}: this test cannot follow it");
                let (name, id) = (inner["name"].as_str().unwrap_or_default().to_owned(), inner["id"].as_u64());
                let id = id.unwrap_or_else(|| panic!("{path} comes from nowhere"));
                self.name(id, parent, &name);
            }
            _ => {
                let known = self.names.entry(id).or_insert_with(|| path.clone());
                if path.len() < known.len() {
                    *known = path;
                }
            }
        }
    }

    /// The paths of all public functions and of the functions of implementations that somebody wrote.
    fn functions(&self) -> BTreeSet<String> {
        let mut functions = Vec::new();
        for (id, name) in &self.names {
            functions.extend(self.item(*id).filter(|(_, kind, _)| *kind == "function").map(|_| name.clone()));
        }
        for id in self.index.keys() {
            let Some((item, "impl", it)) = id.parse().ok().and_then(|id| self.item(id)) else { continue };
            let derived = item["attrs"].to_string().contains("automatically_derived");
            if !derived && it["is_synthetic"] == false && it["blanket_impl"].is_null() && self.is_public(&it["for"]) {
                functions.extend(self.implementation(it));
            }
        }
        let count = functions.len();
        let functions: BTreeSet<_> = functions.into_iter().collect();
        assert_eq!(functions.len(), count, "two functions have one name in {functions:?}");
        functions
    }

    fn implementation(&self, it: &Value) -> BTreeSet<String> {
        let owner = self.type_name(&it["for"]);
        let of = &it["trait"];
        let (mut trait_items, mut from) = (Vec::new(), String::new());
        if of.is_object() {
            let trait_name = of["path"].as_str().and_then(|path| path.rsplit("::").next()).unwrap_or_default();
            if NOT_ASKED.contains(&trait_name) {
                return BTreeSet::new();
            }
            // What the traits of others provide is theirs.
            if self.names.contains_key(&id(&of["id"])) {
                let provided = it["provided_trait_methods"].as_array().into_iter().flatten();
                trait_items.extend(provided.filter_map(Value::as_str).map(str::to_owned));
            }
            if matches!(trait_name, "From" | "TryFrom") {
                from = format!("({})", self.type_name(&of["args"]["angle_bracketed"]["args"][0]["type"]));
            }
        }
        let own = ids(&it["items"]).into_iter().filter_map(|id| match self.item(id)? {
            (item, "function", _) => item["name"].as_str().map(str::to_owned),
            _ => None,
        });
        own.chain(trait_items).map(|method| format!("{owner}::{method}{from}")).collect()
    }

    /// Whether others can name the type: a type of core is, when it is exported.
    fn is_public(&self, of: &Value) -> bool {
        let path = &of["resolved_path"];
        path.is_null()
            || self.names.contains_key(&id(&path["id"]))
            || self.paths.get(&path["id"].to_string()).is_none_or(|path| path["crate_id"] != 0)
    }

    fn type_name(&self, of: &Value) -> String {
        let (kind, it) = of.as_object().and_then(|of| of.iter().next()).unwrap_or_else(|| panic!("no type: {of}"));
        match (kind.as_str(), it) {
            ("primitive" | "generic", Value::String(name)) => name.clone(),
            ("resolved_path", it) => match self.names.get(&id(&it["id"])) {
                Some(name) => name.clone(),
                // heapless's `String` and `Vec` are other names of `StringInner` and `VecInner`.
                None => match self.paths.get(&it["id"].to_string()).and_then(|it| it["path"].as_array()?.last()) {
                    Some(Value::String(name)) => name.strip_suffix("Inner").unwrap_or(name).to_owned(),
                    _ => panic!("rustdoc knows no path of {it}"),
                },
            },
            ("borrowed_ref", it) => {
                format!("&{}{}", if it["is_mutable"] == true { "mut " } else { "" }, self.type_name(&it["type"]))
            }
            ("tuple", Value::Array(parts)) => {
                let parts: Vec<_> = parts.iter().map(|part| self.type_name(part)).collect();
                format!("({})", parts.join(", "))
            }
            ("array", it) => format!("[{}; {}]", self.type_name(&it["type"]), it["len"].as_str().unwrap_or("_")),
            ("slice", it) => format!("[{}]", self.type_name(it)),
            _ => panic!("a kind of type that this test cannot name: {of}"),
        }
    }
}

fn id(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no id of rustdoc's: {value}"))
}

fn ids(value: &Value) -> Vec<u64> {
    value.as_array().into_iter().flatten().map(id).collect()
}
