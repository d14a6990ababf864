//! Elements of XML that own what they hold: requests as they were read, and answers before they are written.

use rackhand_core::ParseError;
use rackhand_core::wsman::namespace::{SOAP, WSMAN};
use rackhand_core::wsman::xml::{Element, Reader, Text};

/// An element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) namespace: String,
    pub(super) local: String,
    /// Of a selector: its name.
    pub(super) selects: Option<String>,
    /// It has `mustUnderstand="true"`.
    pub(super) must_understand: bool,
    /// It has `xml:lang="en-US"`.
    pub(super) in_english: bool,
    pub(super) content: Content,
}

/// What is in an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text(String),
    /// A qualified name, as text.
    Name(&'static str, &'static str),
    Nodes(Vec<Node>),
}

impl Node {
    fn with(namespace: impl Into<String>, local: impl Into<String>, content: Content) -> Self {
        Self {
            namespace: namespace.into(),
            local: local.into(),
            selects: None,
            must_understand: false,
            in_english: false,
            content,
        }
    }

    /// An element that holds text.
    pub(super) fn text(namespace: impl Into<String>, local: impl Into<String>, text: impl Into<String>) -> Self {
        Self::with(namespace, local, Content::Text(text.into()))
    }

    /// An element that holds the name of another.
    pub(super) fn name(namespace: &str, local: &str, name: (&'static str, &'static str)) -> Self {
        Self::with(namespace, local, Content::Name(name.0, name.1))
    }

    /// An element that holds others.
    pub(super) fn of(namespace: impl Into<String>, local: impl Into<String>, nodes: Vec<Self>) -> Self {
        Self::with(namespace, local, Content::Nodes(nodes))
    }

    pub(super) fn is(&self, namespace: &str, local: &str) -> bool {
        self.namespace == namespace && self.local == local
    }

    /// Its text; none when it holds elements.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text.trim()),
            Content::Name(..) | Content::Nodes(_) => None,
        }
    }

    /// The elements that it holds.
    pub(super) fn nodes(&self) -> &[Self] {
        match &self.content {
            Content::Nodes(nodes) => nodes,
            Content::Text(_) | Content::Name(..) => &[],
        }
    }

    /// The first of the elements that it holds with this name.
    pub(super) fn child(&self, namespace: &str, local: &str) -> Option<&Self> {
        self.nodes().iter().find(|node| node.is(namespace, local))
    }

    /// Reads a whole document.
    pub(super) fn read(document: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader::new(document)?;
        let root = *reader.root()?;
        let node = Self::element(&mut reader, &root)?;
        reader.end()?;
        Ok(node)
    }

    /// Reads an element that the reader has gone into. No deeper than the reader goes.
    fn element<'a>(reader: &mut Reader<'a>, element: &Element<'a>) -> Result<Self, ParseError> {
        let mut selects = reader.attribute(element, "", "Name")?;
        if selects.is_none() {
            // Some clients give it a namespace, and AMT takes it.
            selects = reader.attribute(element, WSMAN, "Name")?;
        }
        let must_understand = reader.attribute(element, SOAP, "mustUnderstand")?.and_then(Text::boolean);
        let mut ahead = reader.clone();
        let content = match ahead.text() {
            Ok(text) => {
                *reader = ahead;
                Content::Text(text.to_string())
            }
            Err(_) => {
                let mut nodes = Vec::new();
                while let Some(child) = reader.child()?.copied() {
                    nodes.push(Self::element(reader, &child)?);
                }
                Content::Nodes(nodes)
            }
        };
        Ok(Self {
            selects: selects.map(|name| name.to_string()),
            must_understand: must_understand.unwrap_or(false),
            ..Self::with(element.name.namespace().to_string(), element.name.local(), content)
        })
    }
}
