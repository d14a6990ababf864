//! The reader: every refusal with its place and its reason. XML 1.0, sections 2 to 4; Namespaces in XML 1.0, sections 2 to 6.

use super::std::vec::Vec;
use super::*;
use crate::input::{ParseError, ParseErrorKind};

type Outcome = Result<usize, (u32, ParseErrorKind)>;

/// Walks through all of a document; says how many elements there are.
fn walk(document: &[u8]) -> Outcome {
    let outcome = || {
        let mut reader = Reader::new(document)?;
        reader.root()?;
        let (mut depth, mut elements) = (1_usize, 1);
        while depth > 0 {
            // Texts are read as such, and elements gone into.
            match reader.clone().text() {
                Ok(_) => {
                    reader.text()?;
                    depth -= 1;
                }
                Err(error) if error.kind != ParseErrorKind::Unexpected => return Err(error),
                Err(_) if reader.child()?.is_some() => {
                    depth += 1;
                    elements += 1;
                }
                Err(_) => depth -= 1,
            }
        }
        reader.end()?;
        Ok(elements)
    };
    outcome().map_err(|error: ParseError| (error.at, error.kind))
}

/// Goes into the root and passes over it: text between elements is allowed there.
fn skim(document: &[u8]) -> Outcome {
    let outcome = || {
        let mut reader = Reader::new(document)?;
        reader.root()?;
        reader.skip()?;
        reader.end()?;
        Ok(0)
    };
    outcome().map_err(|error: ParseError| (error.at, error.kind))
}

#[track_caller]
fn both(document: &str, expected: (u32, ParseErrorKind)) {
    assert_eq!(walk(document.as_bytes()), Err(expected), "{document}");
    assert_eq!(skim(document.as_bytes()), Err(expected), "skimmed: {document}");
}

/// The first piece, the others so many times with names that differ for a `#`, and an end.
fn built(pieces: &[&str], times: usize, end: &str) -> Vec<u8> {
    let (first, rest) = pieces.split_first().unwrap();
    let mut document = first.as_bytes().to_vec();
    for number in 0..times {
        for byte in rest.iter().flat_map(|piece| piece.bytes()) {
            match byte {
                b'#' => document.extend([number / 26, number % 26].map(|digit| b'a' + u8::try_from(digit).unwrap())),
                _ => document.push(byte),
            }
        }
    }
    document.extend(end.bytes());
    document
}

const GOOD: [&str; 20] = [
    "<a/>",
    "<a />",
    "<a></a >",
    "\u{FEFF}<a/>",
    "<?xml version=\"1.0\"?><a/>",
    "<?xml version='1.1' encoding='utf-8' standalone='no' ?>\r\n<a/>\r\n",
    "<?xml  version = \"1.0\"\tencoding=\"UTF-8\"?><!-- - --><?x y?><a/><!----><?x?>\n",
    "\u{FEFF}<?xml version=\"1.0\" standalone=\"yes\"?><a/>",
    "<a b='\"' c=\"'>\"/>",
    "<a\n b = 'c'\t/>",
    "<a xml:b='' b=''/>",
    "<a xmlns:p='u' xmlns:q='v' p:b='' q:b='' b=''/>",
    "<a xmlns='u'><b xmlns=''/></a>",
    "<p:a xmlns:p='u'><p:b xmlns:p='v'/></p:a>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:a=''/>",
    "<a>]] ]> &#9;&amp;<![CDATA[<]]]]></a>",
    "<a><b/>\n<!-- <b> --><b></b><?b <b>?></a>",
    "<\u{e4}:\u{f6} xmlns:\u{e4}='u'>\u{7F}\u{85}\u{FFFD}\u{10FFFF}</\u{e4}:\u{f6}>",
    "<a xmlnsx='' XMLNS='' xmlns:Xml='u'/>",
    "<a><![CDATA[]]></a>",
];

#[test]
fn what_is_well_formed_is_taken() {
    for document in GOOD {
        assert!(walk(document.as_bytes()).is_ok(), "{document}: {:?}", walk(document.as_bytes()));
        assert_eq!(skim(document.as_bytes()), Ok(0), "{document}");
    }
}

/// Until its root has ended, a document that is cut is just that.
#[test]
fn a_document_that_is_cut_anywhere() {
    for document in GOOD {
        let root = document.rfind("</").or(document.rfind("/>")).unwrap();
        for len in 0..=root {
            let (at, kind) = walk(&document.as_bytes()[..len]).unwrap_err();
            assert_eq!(kind, ParseErrorKind::Truncated, "{document} at {len}");
            assert_eq!(usize::try_from(at), Ok(len), "{document} at {len}");
        }
    }
}

#[test]
fn document_types_and_entities() {
    use ParseErrorKind::{BadValue, DocumentType};
    both("<!DOCTYPE a><a/>", (0, DocumentType));
    both("<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", (22, DocumentType));
    both("<a><!DOCTYPE a></a>", (3, DocumentType));
    both("<a>text<!ELEMENT b></a>", (7, DocumentType));
    both("<a>1&b;</a>", (4, BadValue));
    both("<a b='1&c;'/>", (7, BadValue));
    both("<a>& </a>", (3, BadValue));
    both("<a>&#0;</a>", (3, BadValue));
    both("<a>&#xD800;</a>", (3, BadValue));
    both("<a>&#x110000;</a>", (3, BadValue));
    both("<a b='&#1;'/>", (6, BadValue));
    both("<a>&amp</a>", (3, BadValue));
}

#[test]
fn prefixes() {
    use ParseErrorKind::{BadValue, Prefix};
    both("<p:a/>", (1, Prefix));
    both("<a><p:b xmlns:q='u'/></a>", (4, Prefix));
    both("<a p:b=''/>", (2, Prefix));
    both("<a><b xmlns:p='u'/><p:b/></a>", (20, Prefix));
    both("<a xmlns:p=''/>", (3, Prefix));
    both("<a xmlns:xml='u'/>", (3, Prefix));
    both("<a xmlns:xmlns='u'/>", (3, Prefix));
    both("<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>", (3, Prefix));
    both("<a xmlns='http://www.w3.org/XML/1998/namespace'/>", (3, Prefix));
    both("<a xmlns='http://www.w3.org/2000/xmlns/'/>", (3, Prefix));
    both("<xmlns:a/>", (1, Prefix));
    both("<a:b:c/>", (1, BadValue));
    both("<:a/>", (1, BadValue));
    both("<a:/>", (1, BadValue));
    both("<a xmlns:='u'/>", (3, BadValue));
}

#[test]
fn attributes() {
    use ParseErrorKind::BadValue;
    both("<a b='' b=''/>", (2, BadValue));
    both("<a xmlns='u' xmlns='u'/>", (13, BadValue));
    both("<a xmlns:p='u' xmlns:p='v'/>", (15, BadValue));
    both("<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", (2, BadValue));
    both("<x xmlns:p='u'><a xmlns:q='&#117;' p:b='' q:b=''/></x>", (17, BadValue));
    both("<a xml:b='' xml:b=''/>", (2, BadValue));
    both("<a b='<'/>", (6, BadValue));
    both("<a b=c/>", (5, BadValue));
    both("<a b/>", (4, BadValue));
    both("<a b='' / >", (8, BadValue));
    both("<a b=''c=''/>", (7, BadValue));
    both("<a ='b'/>", (3, BadValue));
    both("<a 1='b'/>", (3, BadValue));
    both("<a,b=''/>", (1, BadValue));
}

#[test]
fn characters() {
    use ParseErrorKind::BadValue;
    both("<a>\0</a>", (3, BadValue));
    both("<a>\u{1}</a>", (3, BadValue));
    both("<a b='\u{1f}'/>", (6, BadValue));
    both("<a>\u{FFFE}</a>", (3, BadValue));
    both("<a><!-- \u{FFFF} --></a>", (8, BadValue));
    for bad in [&b"<a>\xFF</a>"[..], b"<a>\xC0\x80</a>", b"<a>\xED\xA0\x80</a>", b"<a>\xF4\x90\x80\x80</a>"] {
        assert_eq!(walk(bad), Err((3, BadValue)), "{}", bad.escape_ascii());
    }
    // UTF-16.
    assert_eq!(walk(b"\xFF\xFE<\0a\0/\0>\0"), Err((0, BadValue)));
}

#[test]
fn markup() {
    use ParseErrorKind::{BadValue, Mismatched, TooLong, Truncated, Unexpected};
    both("<a></b>", (5, Mismatched));
    both("<a></ab>", (5, Mismatched));
    both("<ab></a>", (6, Mismatched));
    both("<a><b></a></b>", (8, Mismatched));
    both("<p:a xmlns:p='u' xmlns:q='u'></q:a>", (31, Mismatched));
    both("<a></a b='c'>", (7, BadValue));
    both("<a></ a>", (5, Mismatched));
    both("</a>", (2, Mismatched));
    both("< a/>", (1, BadValue));
    both("<a><!-- -- --></a>", (10, BadValue));
    both("<a><!-- ---></a>", (10, BadValue));
    both("<a><!- - --></a>", (3, BadValue));
    both("<!-- -- --><a/>", (7, BadValue));
    both("<a/><!-- --- -->", (11, BadValue));
    both("<a>]]></a>", (3, BadValue));
    both("<a>]]]></a>", (4, BadValue));
    both("<a>1<![cdata[]]></a>", (4, BadValue));
    both("<a><?xml version='1.0'?></a>", (5, BadValue));
    both("<a/><?XmL?>", (6, BadValue));
    both("<a><?p:x y?></a>", (5, BadValue));
    both("<a><? x?></a>", (5, BadValue));
    both("<a><?x?y?></a>", (6, BadValue));
    both("<a/>text", (4, TooLong));
    both("<a/><b/>", (4, TooLong));
    both("<a/></a>", (4, TooLong));
    both("<a/>&#32;", (4, TooLong));
    both("<a/>\u{FEFF}", (4, TooLong));
    both("text<a/>", (0, Unexpected));
    both("<![CDATA[]]><a/>", (0, Unexpected));
    both("", (0, Truncated));
    both(" \n", (2, Truncated));
    both("<a/><!--", (8, Truncated));
    both("\u{FEFF}\u{FEFF}<a/>", (3, Unexpected));
}

#[test]
fn declarations() {
    use ParseErrorKind::BadValue;
    for (document, at) in [
        ("<?xml encoding='UTF-8'?><a/>", 6),
        ("<?xml version='2.0'?><a/>", 6),
        ("<?xml version='1.'?><a/>", 6),
        ("<?xml version=' 1.0'?><a/>", 6),
        ("<?xml version='&#49;.0'?><a/>", 6),
        ("<?xml version='1.0' encoding='UTF-16'?><a/>", 20),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a/>", 20),
        ("<?xml version='1.0' encoding=' UTF-8'?><a/>", 20),
        ("<?xml version='1.0' encoding=''?><a/>", 20),
        ("<?xml version='1.0' standalone='Yes'?><a/>", 20),
        ("<?xml version='1.0' standalone='no' encoding='UTF-8'?><a/>", 36),
        ("<?xml version='1.0' version='1.0'?><a/>", 20),
        ("<?xml version='1.0' a='b'?><a/>", 20),
        ("<?xml version='1.0'encoding='UTF-8'?><a/>", 19),
        ("<?xml version='1.0'/><a/>", 19),
        ("<?xml ?><a/>", 6),
        ("<?xml?><a/>", 2),
        (" <?xml version='1.0'?><a/>", 3),
        ("<?XML version='1.0'?><a/>", 2),
    ] {
        both(document, (at, BadValue));
    }
}

#[test]
fn limits() {
    use ParseErrorKind::{Limit, Truncated};
    // Depth.
    let depth = u32::try_from(MAX_DEPTH).unwrap();
    assert_eq!(walk(&built(&["", "<a>"], MAX_DEPTH, "")), Err((depth * 3, Truncated)));
    assert_eq!(walk(&built(&["", "<a>"], MAX_DEPTH + 1, "")), Err((depth * 3, Limit)));
    assert_eq!(skim(&built(&["", "<a>"], MAX_DEPTH + 1, "")), Err((depth * 3, Limit)));
    // Attributes.
    assert_eq!(walk(&built(&["<a", " b#", "=''"], MAX_ATTRIBUTES, "/>")), Ok(1));
    let at = u32::try_from(2 + MAX_ATTRIBUTES * 7 + 1).unwrap();
    assert_eq!(walk(&built(&["<a", " b#", "=''"], MAX_ATTRIBUTES + 1, "/>")), Err((at, Limit)));
    // Namespaces, in one element and in many.
    assert_eq!(walk(&built(&["<a", " xmlns:b#", "='u'"], MAX_BINDINGS, "/>")), Ok(1));
    let at = u32::try_from(2 + MAX_BINDINGS * 14 + 1).unwrap();
    assert_eq!(walk(&built(&["<a", " xmlns:b#", "='u'"], MAX_BINDINGS + 1, "/>")), Err((at, Limit)));
    let at = u32::try_from(MAX_BINDINGS * 13 + 3).unwrap();
    assert_eq!(walk(&built(&["", "<a xmlns='u'>"], MAX_BINDINGS + 1, "")), Err((at, Limit)));
    // What ended is forgotten.
    assert_eq!(walk(&built(&["<a>", "<a xmlns:b#", "='u'/>"], MAX_BINDINGS * 4, "</a>")), Ok(MAX_BINDINGS * 4 + 1));
    // Names.
    assert_eq!(walk(&built(&["<", "a"], MAX_NAME, "/>")), Ok(1));
    assert_eq!(walk(&built(&["<", "a"], MAX_NAME + 1, "/>")), Err((1, Limit)));
    assert_eq!(walk(&built(&["<a xmlns='", "u"], MAX_NAMESPACE, "'/>")), Ok(1));
    assert_eq!(walk(&built(&["<a xmlns='", "u"], MAX_NAMESPACE + 1, "'/>")), Err((3, Limit)));
    // The whole.
    assert_eq!(walk(&built(&["<a>", "x"], MAX_DOCUMENT - 7, "</a>")), Ok(1));
    let at = u32::try_from(MAX_DOCUMENT).unwrap();
    assert_eq!(walk(&built(&["<a>", "x"], MAX_DOCUMENT - 6, "</a>")), Err((at, Limit)));
}

#[test]
fn steps_out_of_order_are_refused() {
    let mut reader = Reader::new(b"<a>1<b/></a>").unwrap();
    assert!(reader.child().is_err() && reader.skip().is_err() && reader.end().is_err());
    reader.root().unwrap();
    assert!(reader.root().is_err());
    assert_eq!(reader.text().unwrap_err(), ParseError { at: 4, kind: ParseErrorKind::Unexpected });
    assert!(reader.end().is_err());
    reader.skip().unwrap();
    assert!(reader.child().is_err() && reader.skip().is_err() && reader.root().is_err());
    reader.end().unwrap();
    let mut reader = Reader::new(b"<a>1</a>").unwrap();
    reader.root().unwrap();
    assert_eq!(reader.child().unwrap_err(), ParseError { at: 3, kind: ParseErrorKind::Unexpected });
}

#[test]
fn attributes_are_found_by_their_names() {
    let document = b"<a xmlns:p='u' xmlns='v'><b p:n=' 1&amp;\n2' n='3' xml:n='4'/></a>";
    let mut reader = Reader::new(document).unwrap();
    reader.root().unwrap();
    let element = *reader.child().unwrap().unwrap();
    assert_eq!(element.at, 25);
    let value = |namespace, local| reader.attribute(&element, namespace, local).unwrap();
    assert!(value("u", "n").unwrap().is(" 1& 2"));
    assert!(value("", "n").unwrap().is("3"));
    assert!(value("http://www.w3.org/XML/1998/namespace", "n").unwrap().is("4"));
    assert!(value("v", "n").is_none() && value("", "xmlns").is_none() && value("", "m").is_none());
    assert!(element.is("v", "b") && !element.is("", "b") && !element.is("v", "c"));
    assert_eq!(element.unexpected(), ParseError { at: 25, kind: ParseErrorKind::Unexpected });
}

/// A name in a text is that of the element that the text is of, whatever is declared there and around it.
#[test]
fn names_in_texts() {
    let document =
        b"<a xmlns:p='u'><b xmlns:p='v'>\r\n p:n </b><c>p:n</c><d xmlns='w'>n</d><e>q:n</e><f>p:<!-- -->n</f></a>";
    let mut reader = Reader::new(document).unwrap();
    reader.root().unwrap();
    let mut next = |expected: Option<(&str, &str)>| {
        reader.child().unwrap().unwrap();
        let text = reader.text().unwrap();
        match (reader.resolve(text), expected) {
            (Some(name), Some((namespace, local))) => name.is(namespace, local),
            (name, expected) => name.is_none() && expected.is_none(),
        }
    };
    assert!(next(Some(("v", "n"))));
    assert!(next(Some(("u", "n"))));
    assert!(next(Some(("w", "n"))));
    assert!(next(None));
    assert!(next(None));
}
