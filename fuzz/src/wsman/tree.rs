//! What a document means, and with which prefixes it says so.

use std::collections::BTreeSet;

use super::choices::Choices;
use super::{BLANKS, NAMESPACES, XML};

/// The name of an element or of an attribute, or a text that is a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// Empty when it is in none.
    pub namespace: String,
    /// The name within it.
    pub local: String,
}

/// An element, whatever its prefixes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Its name, which is not in the namespace of `xml`.
    pub name: Name,
    /// Its attributes; no name comes twice.
    pub attributes: Vec<(Name, String)>,
    /// What is in it.
    pub content: Content,
}

/// What is in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Elements: at least one.
    Children(Vec<Tree>),
    /// A text that is a name, as the codes of faults are; it is in a namespace.
    Name(Name),
    /// Another text.
    Text(String),
}

impl Tree {
    /// What another reader makes of a document. The text of SOAP's `Value` is a name.
    ///
    /// # Errors
    /// The other reader's.
    pub fn of(document: &str) -> Result<Self, roxmltree::Error> {
        Ok(Self::of_node(roxmltree::Document::parse(document)?.root_element()))
    }

    fn of_node(node: roxmltree::Node<'_, '_>) -> Self {
        let name = Name {
            namespace: node.tag_name().namespace().unwrap_or_default().to_owned(),
            local: node.tag_name().name().to_owned(),
        };
        let attribute = |it: roxmltree::Attribute<'_, '_>| {
            let namespace = it.namespace().unwrap_or_default().to_owned();
            (Name { namespace, local: it.name().to_owned() }, it.value().to_owned())
        };
        let children: Vec<Self> = node.children().filter(roxmltree::Node::is_element).map(Self::of_node).collect();
        let text = text_of(node);
        let value = name.local == "Value" && name.namespace.ends_with("/soap-envelope");
        let content = match resolved(node, &text).filter(|name| value && !name.namespace.is_empty()) {
            _ if !children.is_empty() => Content::Children(children),
            Some(name) => Content::Name(name),
            None => Content::Text(text),
        };
        Self { name, attributes: node.attributes().map(attribute).collect(), content }
    }
}

/// All text that is directly in an element.
pub(super) fn text_of(node: roxmltree::Node<'_, '_>) -> String {
    node.children().filter(roxmltree::Node::is_text).filter_map(|text| text.text()).collect()
}

/// The name that a text is by the namespaces of `node`, if it is one.
pub(super) fn resolved(node: roxmltree::Node<'_, '_>, text: &str) -> Option<Name> {
    let text = text.trim_matches(BLANKS);
    let (prefix, local) = text.split_once(':').map_or((None, text), |(prefix, local)| (Some(prefix), local));
    let namespace = match prefix {
        Some("xml") => Some(XML),
        Some(prefix) => Some(node.lookup_namespace_uri(Some(prefix))?),
        None => node.lookup_namespace_uri(None),
    };
    Some(Name { namespace: namespace.unwrap_or_default().to_owned(), local: local.to_owned() })
}

/// An element with its prefixes.
#[derive(Clone, Debug)]
pub(super) struct Written<'t> {
    pub(super) prefix: String,
    pub(super) local: &'t str,
    /// Prefixes, and what they stand for.
    pub(super) declared: Vec<(String, &'t str)>,
    /// Prefix, name and value.
    pub(super) attributes: Vec<(String, &'t str, &'t str)>,
    pub(super) content: WrittenContent<'t>,
}

#[derive(Clone, Debug)]
pub(super) enum WrittenContent<'t> {
    Children(Vec<Written<'t>>),
    /// With its prefix.
    Name(String),
    Text(&'t str),
}

/// Prefixes that are used for anything.
const PREFIXES: [&str; 8] = ["", "a", "b", "s", "wsa", "\u{e4}\u{b7}", "_-.0", "xmlnsx"];
/// With so many declarations at one place there are no more than necessary.
const ROOM: usize = 12;

/// Chooses prefixes, and where they are declared.
#[must_use]
pub(super) fn written<'t>(tree: &'t Tree, choices: &mut Choices<'_>) -> Written<'t> {
    Planner { scope: Vec::new(), choices }.element(tree)
}

struct Planner<'t, 'c, 'b> {
    /// What is declared at this place, the latest last.
    scope: Vec<(String, &'t str)>,
    choices: &'c mut Choices<'b>,
}

/// What an element has to do with prefixes.
#[derive(Default)]
struct Own<'t> {
    declared: Vec<(String, &'t str)>,
    /// They must not be declared any more.
    used: BTreeSet<String>,
}

impl<'t> Planner<'t, '_, '_> {
    fn bound(&self, prefix: &str) -> &'t str {
        self.scope.iter().rev().find(|(it, _)| it == prefix).map_or("", |(_, namespace)| namespace)
    }

    fn element(&mut self, tree: &'t Tree) -> Written<'t> {
        let outside = self.scope.len();
        let mut own = Own::default();
        let prefix = self.prefix(&tree.name.namespace, false, &mut own);
        let attribute = |(name, value): &'t (Name, String)| {
            (self.prefix(&name.namespace, true, &mut own), name.local.as_str(), value.as_str())
        };
        let attributes = tree.attributes.iter().map(attribute).collect();
        let name = match &tree.content {
            Content::Name(name) => {
                let prefix = self.prefix(&name.namespace, false, &mut own);
                Some(if prefix.is_empty() { name.local.clone() } else { format!("{prefix}:{}", name.local) })
            }
            _ => None,
        };
        if self.choices.seldom() && self.scope.len() < ROOM {
            self.spare(&mut own);
        }
        let content = match &tree.content {
            Content::Children(children) => {
                WrittenContent::Children(children.iter().map(|child| self.element(child)).collect())
            }
            Content::Name(_) => WrittenContent::Name(name.unwrap_or_default()),
            Content::Text(text) => WrittenContent::Text(text),
        };
        self.scope.truncate(outside);
        Written { prefix, local: &tree.name.local, declared: own.declared, attributes, content }
    }

    /// A prefix for a name in `namespace`, declared if need be.
    fn prefix(&mut self, namespace: &'t str, attribute: bool, own: &mut Own<'t>) -> String {
        let prefix = match namespace {
            "" if attribute => return String::new(),
            XML => return "xml".to_owned(),
            "" => {
                if !self.bound("").is_empty() {
                    self.declare("", "", own);
                }
                String::new()
            }
            _ => self.some_prefix(namespace, attribute, own),
        };
        own.used.insert(prefix.clone());
        prefix
    }

    fn some_prefix(&mut self, namespace: &'t str, attribute: bool, own: &mut Own<'t>) -> String {
        let known: BTreeSet<&str> = self.scope.iter().map(|(prefix, _)| prefix.as_str()).collect();
        let good = |prefix: &&str| self.bound(prefix) == namespace && !(attribute && prefix.is_empty());
        let known: Vec<&str> = known.into_iter().filter(good).collect();
        let crowded = self.scope.len() >= ROOM;
        let more = if known.is_empty() || !crowded { 2 } else { 0 };
        let which = self.choices.below(known.len() + more);
        if let Some(prefix) = known.get(which) {
            return (*prefix).to_owned();
        }
        let free = |prefix: &&str| {
            !own.used.contains(*prefix)
                && own.declared.iter().all(|(it, _)| it != prefix)
                && !(attribute && prefix.is_empty())
        };
        let free: Vec<&str> = PREFIXES.into_iter().filter(free).collect();
        // One that hides nothing.
        let fresh = format!("n{}", self.scope.len());
        let prefix = if crowded || free.is_empty() { &fresh } else { self.choices.pick(&free) };
        self.declare(prefix, namespace, own);
        prefix.to_owned()
    }

    /// A declaration that this element has no need of.
    fn spare(&mut self, own: &mut Own<'t>) {
        let prefix = self.choices.pick(&PREFIXES);
        let namespace = self.choices.pick(&NAMESPACES);
        let taken = own.used.contains(prefix) || own.declared.iter().any(|(it, _)| it == prefix);
        if !taken && (prefix.is_empty() || !namespace.is_empty()) {
            self.declare(prefix, namespace, own);
        }
    }

    fn declare(&mut self, prefix: &str, namespace: &'t str, own: &mut Own<'t>) {
        own.declared.push((prefix.to_owned(), namespace));
        self.scope.push((prefix.to_owned(), namespace));
    }
}
