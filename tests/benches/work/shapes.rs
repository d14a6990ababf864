//! Documents that are made to take long.

use rackhand_core::ParseErrorKind::{self, BadValue, Truncated};
use rackhand_core::wsman::xml::MAX_ATTRIBUTES;

const CLASS: &str = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_AssociatedPowerManagementService";

/// A hostile document: a beginning, pieces again and again, an end; and what is wrong with it.
pub(crate) struct Shape {
    /// What it is.
    pub(crate) name: &'static str,
    begin: String,
    piece: String,
    end: String,
    /// What an error says of it.
    pub(crate) wrong: Option<ParseErrorKind>,
}

impl Shape {
    /// Pieces within an instance that is in order otherwise.
    fn of(name: &'static str, piece: impl Into<String>) -> Self {
        Self::within(name, "", piece, "")
    }

    fn within(name: &'static str, begin: &str, piece: impl Into<String>, end: &str) -> Self {
        Self {
            name,
            begin: format!("{}{begin}", instance(CLASS)),
            piece: piece.into(),
            end: format!(
                "{end}<p:PowerState>2</p:PowerState></p:CIM_AssociatedPowerManagementService></s:Body></s:Envelope>"
            ),
            wrong: None,
        }
    }

    /// Pieces that something is wrong with, behind a beginning.
    fn wrong(name: &'static str, wrong: ParseErrorKind, begin: &str, piece: &str) -> Self {
        let begin = format!("{}{begin}", instance(CLASS));
        Self { name, begin, piece: piece.to_owned(), end: String::new(), wrong: Some(wrong) }
    }

    /// With about so many bytes.
    pub(crate) fn document(&self, len: usize) -> Vec<u8> {
        let times = len.saturating_sub(self.begin.len() + self.end.len()) / self.piece.len();
        assert!(times >= 4, "{} has no room", self.name);
        [self.begin.as_bytes(), self.piece.repeat(times).as_bytes(), self.end.as_bytes()].concat()
    }
}

fn instance(class: &str) -> String {
    format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Header/><s:Body>\
         <p:CIM_AssociatedPowerManagementService xmlns:p='{class}'>"
    )
}

/// `make` of 0, 1, 2, …
fn many(count: usize, make: impl Fn(usize) -> String) -> String {
    (0..count).map(make).collect()
}

/// All of them, in the order of the table.
pub(crate) fn all() -> Vec<Shape> {
    let referred: String = CLASS.chars().map(|c| format!("&#{};", u32::from(c))).collect();
    // Namespaces that differ in their last character, and are not written as they are.
    let alike = |number: usize| format!("&amp;{}{}", "n".repeat(400), char::from(b'a' + u8::try_from(number).unwrap()));
    let bound = many(18, |number| format!(" xmlns:prefix{number:02}='{}'", alike(number)));
    let qualified = many(MAX_ATTRIBUTES, |number| format!(" xmlns:p{number}='{number}' p{number}:b=''"));
    vec![
        Shape::of("plain", "<p:a>some text</p:a>"),
        Shape::of("deep", "<a>".repeat(60) + &"</a>".repeat(60)),
        Shape::of("attributes", format!("<a{}/>", many(MAX_ATTRIBUTES, |number| format!(" b{number}='c'")))),
        Shape::of("attributes in namespaces", format!("<a{qualified}/>")),
        Shape::within(
            "namespaces that are alike",
            &format!("<a{bound}>"),
            format!("<b xmlns='{}'/>", alike(20)),
            "</a>",
        ),
        Shape::within("prefixes that are alike", &format!("<a{bound}>"), "<prefix00:b prefix17:c=''/>", "</a>"),
        Shape { begin: instance(&referred), ..Shape::of("a namespace of references", "<p:a/>") },
        Shape::of("long names", format!("<a {0}=''><{0}/></a>", "n".repeat(1000))),
        Shape::of("references", "<a>&#x0000000000000000000000000041;&amp;&#65;</a>"),
        Shape::within("references in one text", "<a>", "&#x41;&lt;", "</a>"),
        Shape::within("references in one value", "<a b='", "&#x41;&lt;", "'/>"),
        Shape::of("comments", "<!----><!-- - - - > -->"),
        Shape::within("one comment", "<!--", " ->", "-->"),
        Shape::of("instructions", "<?x?><?x ? ? > ??>"),
        Shape::within("sections in one text", "<a>", "<![CDATA[]]]]]]>", "</a>"),
        Shape::within("brackets", "<a>", "]]]]] ]]", "</a>"),
        Shape::within("brackets in a section", "<a><![CDATA[", "]]]]] ]]", "]]></a>"),
        Shape::within("carriage returns", "<a>", "\r\r\n", "</a>"),
        Shape::within("blanks around a number", "<p:PowerState>", " \n", "8 </p:PowerState>"),
        Shape::of("blanks between elements", " \n\t"),
        Shape::within("zeros", "<p:x>", "0", "</p:x>"),
        Shape::wrong("no end of a value", Truncated, "<a b='", "&amp; \""),
        Shape::wrong("no end of a comment", Truncated, "<!--", " - > ->"),
        Shape::wrong("no end of a section", Truncated, "<a><![CDATA[", "]]]] ]>]"),
        Shape::wrong("no end of an instruction", Truncated, "<?x ", "? ? >"),
        Shape::wrong("no end of a name", Truncated, "<", "name"),
        Shape::wrong("no end of a text", Truncated, "<a>", "text &amp; ]"),
        Shape::wrong("no end of a start tag", Truncated, "<a", " \n"),
        Shape::wrong("a reference without end", BadValue, "<a>&#", "00000000"),
    ]
}
