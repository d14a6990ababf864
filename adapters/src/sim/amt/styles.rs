//! How the XML of an answer is written: prefixes, blanks, declaration. They mean the same.

use rackhand_core::wsman::namespace::{ADDRESSING, ENUMERATION, SOAP, TRANSFER, WSMAN};

use super::node::{Content, Node};

const TRUST: &str = "http://schemas.xmlsoap.org/ws/2005/02/trust";
const SECEXT: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const BINDING: &str = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd";
const EVENTING: &str = "http://schemas.xmlsoap.org/ws/2004/08/eventing";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How the XML of an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// `firmware`: single letters by position, in one line, as all firmware since AMT 6 does.
    #[default]
    Firmware,
    /// `long`: long prefixes, indented lines that end in CR and LF, blanks around `=`, a byte order mark.
    Long,
    /// `default`: the namespace of the payload is the default one; no declaration.
    Default,
}

impl Style {
    /// Each with its name.
    pub const NAMED: [(&'static str, Self); 3] =
        [("firmware", Self::Firmware), ("long", Self::Long), ("default", Self::Default)];

    /// The style with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED.into_iter().find(|(known, _)| *known == name).map(|(_, style)| style)
    }

    /// The document of `root`. The firmware has another list of prefixes in faults.
    pub(super) fn write(self, root: &Node, fault: bool) -> String {
        let mut prefixes = match self {
            Self::Firmware if fault => {
                letters(&[SOAP, ADDRESSING, ENUMERATION, TRANSFER, WSMAN, EVENTING, BINDING, TRUST, SECEXT])
            }
            Self::Firmware => letters(&[SOAP, ADDRESSING, WSMAN, TRUST, SECEXT, BINDING]),
            Self::Long | Self::Default => {
                let known =
                    [("s", SOAP), ("wsa", ADDRESSING), ("wsman", WSMAN), ("wsen", ENUMERATION), ("wxf", TRANSFER)];
                known.into_iter().map(|(prefix, uri)| (prefix.to_owned(), uri.to_owned())).collect()
            }
        };
        if self != Self::Default {
            strangers(self, root, &mut prefixes);
        }
        if self == Self::Firmware {
            prefixes.push(("xsi".to_owned(), INSTANCE.to_owned()));
        }
        let mut writer = Writer { style: self, prefixes, out: String::new() };
        match self {
            Self::Firmware => writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
            Self::Long => writer.out.push_str("\u{FEFF}<?xml version = '1.0' encoding='utf-8' ?>\r\n"),
            Self::Default => {}
        }
        writer.node(root, "", 0);
        writer.out
    }
}

/// `a`, `b`, `c` and so on, in this order.
fn letters(uris: &[&str]) -> Vec<(String, String)> {
    ('a'..='z').zip(uris).map(|(letter, uri)| (letter.to_string(), (*uri).to_owned())).collect()
}

/// Gives prefixes to the namespaces that have none yet, as they come.
fn strangers(style: Style, node: &Node, prefixes: &mut Vec<(String, String)>) {
    if !prefixes.iter().any(|(_, uri)| *uri == node.namespace) {
        let count = prefixes.len();
        let prefix = match style {
            Style::Firmware => ('a'..='z').nth(count).map_or_else(|| format!("z{count}"), |letter| letter.to_string()),
            Style::Long | Style::Default => format!("n{count}"),
        };
        prefixes.push((prefix, node.namespace.clone()));
    }
    for child in node.nodes() {
        strangers(style, child, prefixes);
    }
}

struct Writer {
    style: Style,
    prefixes: Vec<(String, String)>,
    out: String,
}

impl Writer {
    /// `default` is the default namespace around the element.
    fn node(&mut self, node: &Node, default: &str, depth: usize) {
        let prefix = self.prefixes.iter().find(|(_, uri)| *uri == node.namespace).map(|(prefix, _)| prefix.clone());
        let name = prefix.as_ref().map_or_else(|| node.local.clone(), |prefix| format!("{prefix}:{}", node.local));
        self.break_line(depth);
        self.out.push('<');
        self.out.push_str(&name);
        if depth == 0 {
            for (prefix, uri) in self.prefixes.clone() {
                self.attribute(&format!("xmlns:{prefix}"), &uri);
            }
        }
        // An element with a prefix leaves the default namespace as it is.
        let mut inner = default;
        if prefix.is_none() && node.namespace != default {
            self.attribute("xmlns", &node.namespace);
            inner = &node.namespace;
        }
        if node.must_understand {
            let soap = self.prefix_of(SOAP);
            self.attribute(&format!("{soap}:mustUnderstand"), "true");
        }
        if let Some(selects) = &node.selects {
            self.attribute("Name", selects);
        }
        if node.in_english {
            self.attribute("xml:lang", "en-US");
        }
        match &node.content {
            Content::Nodes(nodes) if nodes.is_empty() => {
                self.out.push_str(if self.style == Style::Long { " />" } else { "/>" });
                return;
            }
            Content::Nodes(nodes) => {
                self.out.push('>');
                for node in nodes {
                    self.node(node, inner, depth.saturating_add(1));
                }
                self.break_line(depth);
            }
            Content::Text(text) => {
                self.out.push('>');
                escape(text, &mut self.out);
            }
            Content::Name(namespace, local) => {
                let prefix = self.prefix_of(namespace);
                self.out.push_str(&format!(">{prefix}:{local}"));
            }
        }
        self.out.push_str("</");
        self.out.push_str(&name);
        self.out.push('>');
    }

    fn prefix_of(&self, namespace: &str) -> String {
        self.prefixes.iter().find(|(_, uri)| uri == namespace).map_or_else(String::new, |(prefix, _)| prefix.clone())
    }

    fn attribute(&mut self, name: &str, value: &str) {
        let equals = if self.style == Style::Long { " = " } else { "=" };
        self.out.push_str(&format!(" {name}{equals}\""));
        escape(value, &mut self.out);
        self.out.push('"');
    }

    fn break_line(&mut self, depth: usize) {
        if self.style == Style::Long {
            let begun = self.out.ends_with('\n');
            self.out.push_str(if begun { "" } else { "\r\n" });
            self.out.push_str(&"  ".repeat(depth));
        }
    }
}

/// Appends text as XML has it.
fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            // What XML does not have.
            '\0'..='\x08' | '\x0B' | '\x0C' | '\x0E'..='\x1F' | '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> Node {
        let mut action = Node::text(ADDRESSING, "Action", "urn:x");
        action.must_understand = true;
        let body = vec![
            Node::text("urn:c", "A", "1 < 2 & \"3\""),
            Node::of("urn:c", "B", vec![Node::text(WSMAN, "C", "")]),
            Node::name(SOAP, "Value", (WSMAN, "X")),
        ];
        Node::of(SOAP, "Envelope", vec![action, Node::of("urn:c", "K", body)])
    }

    #[test]
    fn every_style_says_the_same() {
        for (name, style) in Style::NAMED {
            assert_eq!(Style::from_name(name), Some(style));
            for fault in [false, true] {
                let text = style.write(&root(), fault);
                let mut read = Node::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"));
                // A name in a text is the text of a prefix and a name.
                let Content::Nodes(nodes) = &mut read.content else { panic!("{text}") };
                let Content::Nodes(nodes) = &mut nodes[1].content else { panic!("{text}") };
                let value = nodes[2].as_text().unwrap().to_owned();
                let prefix = value.strip_suffix(":X").unwrap();
                assert!(text.contains(&format!("xmlns:{prefix}")), "{text}");
                nodes[2].content = Content::Name(WSMAN, "X");
                assert_eq!(read, root(), "{text}");
            }
        }
        assert_eq!(Style::from_name("other"), None);
    }

    #[test]
    fn the_letters_of_the_firmware_are_those_of_amt() {
        let text = Style::Firmware.write(&root(), false);
        assert!(text.contains("<a:Envelope xmlns:a=\"http://www.w3.org/2003/05/soap-envelope\""), "{text}");
        assert!(text.contains("xmlns:g=\"urn:c\"") && text.contains("<g:A>1 &lt; 2"), "{text}");
        let fault = Style::Firmware.write(&root(), true);
        assert!(fault.contains(&format!("xmlns:e=\"{WSMAN}\"")), "{fault}");
        let long = Style::Long.write(&root(), false);
        assert!(long.contains("\r\n    <n5:A>") && long.contains(" = \""), "{long}");
        let default = Style::Default.write(&root(), false);
        assert!(default.contains("<K xmlns=\"urn:c\"><A>"), "{default}");
    }
}
