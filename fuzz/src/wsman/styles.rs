//! Writes a document in any way that XML allows, with no code of ours.

use super::choices::Choices;
use super::tree::{Tree, Written, WrittenContent, written};

const BREAKS: [&str; 6] = [" ", "  ", "\n", "\t", "\r\n", "\r"];
const DECLARATIONS: [&str; 7] = [
    "",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
    "<?xml version='1.0'?>\r\n",
    "<?xml version = \"1.0\"\tencoding='utf-8' standalone=\"yes\" ?>\n",
    "<?xml\nversion='1.1' standalone='no'?>",
    "<?xml version=\"1.0\" encoding=\n\"Utf-8\"?>",
    "<?xml  version='1.02' encoding='UTF-8'?>",
];
/// Comments and the like.
const ASIDES: [&str; 12] = [
    "<!---->",
    "<!-- <b> &c; ]]> - -->",
    "<!--\u{e4}>\r-->",
    "<!--?>-->",
    "<?x?>",
    "<?x y?>",
    "<?xml-stylesheet href=\"a\"?>",
    "<?_ <b a='&c;'> --> ]]> ?>",
    "<?X1\r\n??>",
    "<?x >?>",
    "<!--<![CDATA[-->",
    "<?\u{e4} ?>",
];

/// A document that means `tree`, written as `choices` say.
#[must_use]
pub fn styled(tree: &Tree, choices: &mut Choices<'_>) -> String {
    let tree = written(tree, choices);
    let mut styler = Styler { to: String::new(), choices };
    if styler.choices.seldom() {
        styler.to.push('\u{FEFF}');
    }
    styler.to.push_str(styler.choices.pick(&DECLARATIONS));
    styler.between();
    styler.element(&tree);
    styler.between();
    styler.to
}

struct Styler<'c, 'b> {
    to: String,
    choices: &'c mut Choices<'b>,
}

impl Styler<'_, '_> {
    /// Blanks, at least one.
    fn blank(&mut self) {
        let blank = self.choices.pick(&BREAKS);
        self.to.push_str(blank);
        if self.choices.seldom() {
            self.to.push_str("\n\n");
        }
    }

    fn perhaps_blank(&mut self) {
        if self.choices.seldom() {
            self.blank();
        }
    }

    fn aside(&mut self) {
        let aside = self.choices.pick(&ASIDES);
        self.to.push_str(aside);
    }

    /// What stands between elements.
    fn between(&mut self) {
        for _ in 0..self.choices.below(3) {
            if self.choices.seldom() { self.aside() } else { self.blank() }
        }
    }

    fn name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.to.push_str(prefix);
            self.to.push(':');
        }
        self.to.push_str(local);
    }

    fn element(&mut self, element: &Written<'_>) {
        self.to.push('<');
        self.name(&element.prefix, element.local);
        let declared = element.declared.iter().map(|(prefix, namespace)| match prefix.as_str() {
            "" => ("", "xmlns", *namespace),
            prefix => ("xmlns", prefix, *namespace),
        });
        let attributes = element.attributes.iter().map(|(prefix, local, value)| (prefix.as_str(), *local, *value));
        // In any order.
        let mut left: Vec<_> = declared.chain(attributes).collect();
        while !left.is_empty() {
            let (prefix, local, value) = left.remove(self.choices.below(left.len()));
            self.blank();
            self.name(prefix, local);
            self.perhaps_blank();
            self.to.push('=');
            self.perhaps_blank();
            self.value(value);
        }
        self.perhaps_blank();
        match &element.content {
            WrittenContent::Text("") if self.choices.below(2) == 0 => {
                self.to.push_str("/>");
                return;
            }
            WrittenContent::Children(children) => {
                self.to.push('>');
                for child in children {
                    self.between();
                    self.element(child);
                }
                self.between();
            }
            WrittenContent::Name(name) => {
                self.to.push('>');
                self.perhaps_blank();
                self.to.push_str(name);
                self.perhaps_blank();
            }
            WrittenContent::Text(text) => {
                self.to.push('>');
                self.text(text);
            }
        }
        self.to.push_str("</");
        self.name(&element.prefix, element.local);
        self.perhaps_blank();
        self.to.push('>');
    }

    fn value(&mut self, value: &str) {
        let quote = self.choices.pick(&['"', '\'']);
        self.to.push(quote);
        for c in value.chars() {
            match c {
                '\t' | '\n' | '\r' | '&' | '<' => self.reference(c),
                // Other blanks are read as this one.
                ' ' if self.choices.seldom() => self.to.push_str(self.choices.pick(&["\t", "\n", "\r\n"])),
                c if c == quote || self.choices.seldom() => self.reference(c),
                c => self.to.push(c),
            }
        }
        self.to.push(quote);
    }

    /// One of the ways to say `c` by reference.
    fn reference(&mut self, c: char) {
        let name = match c {
            '&' => "amp",
            '<' => "lt",
            '>' => "gt",
            '"' => "quot",
            '\'' => "apos",
            _ => "",
        };
        let number = u32::from(c);
        let text = match self.choices.below(5) {
            0 if !name.is_empty() => format!("&{name};"),
            1 => format!("&#x{number:x};"),
            2 => format!("&#x{number:X};"),
            3 => format!("&#x{number:08X};"),
            4 => format!("&#{number:020};"),
            _ => format!("&#{number};"),
        };
        self.to.push_str(&text);
    }

    fn text(&mut self, text: &str) {
        // There may be elements in its place elsewhere: a section, were it empty, is text.
        if text.is_empty() {
            if self.choices.seldom() {
                self.aside();
            }
            return;
        }
        let mut in_cdata = false;
        for c in text.chars() {
            if self.choices.seldom() {
                in_cdata = self.turn(in_cdata);
            }
            // `]]>` stands in no text, and ends a section.
            let end = c == '>' && self.to.ends_with("]]");
            // It would be one line end with what is before it.
            let second = c == '\n' && self.to.ends_with('\r');
            if in_cdata && (c == '\r' || end || second) {
                self.to.push_str("]]>");
                in_cdata = false;
            }
            match c {
                '&' | '<' if !in_cdata => self.reference(c),
                '\r' => self.reference(c),
                '\n' if !second => self.to.push_str(self.choices.pick(&["\n", "\r\n", "\r"])),
                c if end || second => self.reference(c),
                c if !in_cdata && self.choices.seldom() => self.reference(c),
                c => self.to.push(c),
            }
        }
        if in_cdata || self.choices.seldom() {
            in_cdata = self.turn(in_cdata);
        }
        if in_cdata {
            self.to.push_str("]]>");
        }
    }

    /// Ends a CDATA section, or begins one, or puts something aside; says whether there is one now.
    fn turn(&mut self, in_cdata: bool) -> bool {
        if in_cdata {
            self.to.push_str("]]>");
            return false;
        }
        let section = self.choices.below(2) == 0;
        if section {
            self.to.push_str("<![CDATA[");
        } else {
            self.aside();
        }
        section
    }
}
