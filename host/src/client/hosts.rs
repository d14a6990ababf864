//! Host lists, as pdsh and ClusterShell have made them known: `rack[1-40]`, `rack[01-10,15]-[a,b]`, `rack1,rack2`.
//!
//! The crates that there are for it (nodeset, hostlist-parser, hostlist, hostlist_iter) expand without a bound, and none tells
//! alternatives in letters from a slip of the pen.

use std::fmt;

/// More names than that are a slip of the pen.
const MOST: usize = 100_000;

/// A name of Ironic's has at most 255 characters; so it is for what is made of a list.
const LONGEST: usize = 255;

/// What is wrong with a host list, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadList {
    /// The character, counted from 1.
    pub(super) place: usize,
    pub(super) what: What,
}

/// What may be wrong with a host list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    NotClosed,
    NotOpened,
    Nested,
    Empty,
    NotARange,
    Descending,
    Padding,
    Digits,
    TooMany,
    TooLong,
}

impl fmt::Display for BadList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::NotClosed => "a '[' without its ']'",
            What::NotOpened => "a ']' without its '['",
            What::Nested => "a '[' within brackets",
            What::Empty => "nothing where a name or a number belongs",
            What::NotARange => "a range is NUMBER-NUMBER, such as 1-40",
            What::Descending => "a range that ends before it begins",
            What::Padding => "a range whose end has more leading zeros than its beginning",
            What::Digits => "a number of more than 18 digits",
            What::TooMany => return write!(f, "place {}: more than {MOST} names", self.place),
            What::TooLong => return write!(f, "place {}: a name of more than {LONGEST} characters", self.place),
        };
        write!(f, "place {}: {what}", self.place)
    }
}

/// The names that a list stands for, in its order, the last bracket counting fastest.
pub(super) fn expand(list: &str) -> Result<Vec<String>, BadList> {
    let mut names = Vec::new();
    for word in words(list)? {
        if word.parts.is_empty() {
            return Err(BadList { place: word.place, what: What::Empty });
        }
        word.write(&mut names)?;
    }
    Ok(names)
}

/// The texts that a single text with brackets stands for; a comma outside of brackets is a comma. None without brackets.
pub(super) fn expand_text(text: &str) -> Result<Option<Vec<String>>, BadList> {
    let mut parts = Vec::new();
    for word in words(text)? {
        if word.place > 1 {
            parts.push(Part::Text(","));
        }
        parts.extend(word.parts);
    }
    if !parts.iter().any(|part| matches!(part, Part::OneOf(_))) {
        return Ok(None);
    }
    let mut texts = Vec::new();
    Word { place: 1, parts }.write(&mut texts)?;
    Ok(Some(texts))
}

/// What is between two commas.
struct Word<'a> {
    place: usize,
    parts: Vec<Part<'a>>,
}

enum Part<'a> {
    Text(&'a str),
    OneOf(Vec<Item<'a>>),
}

enum Item<'a> {
    Text(&'a str),
    Range { first: u64, last: u64, width: usize },
}

impl Item<'_> {
    fn count(&self) -> u64 {
        match self {
            Self::Text(_) => 1,
            Self::Range { first, last, .. } => last.saturating_sub(*first).saturating_add(1),
        }
    }

    /// Appends each alternative to `stem`.
    fn append(&self, stem: &str, to: &mut Vec<String>) {
        match self {
            Self::Text(text) => to.push(format!("{stem}{text}")),
            Self::Range { first, last, width } => {
                to.extend((*first..=*last).map(|number| format!("{stem}{number:0width$}")));
            }
        }
    }
}

impl Word<'_> {
    /// Appends what it stands for; counted before anything is made.
    fn write(&self, to: &mut Vec<String>) -> Result<(), BadList> {
        let counts = self.parts.iter().map(|part| match part {
            Part::Text(_) => 1,
            Part::OneOf(items) => items.iter().fold(0, |sum: u64, item| sum.saturating_add(item.count())),
        });
        let count = counts.fold(1_u64, u64::saturating_mul);
        let room = MOST.saturating_sub(to.len());
        if usize::try_from(count).map_or(true, |count| count > room) {
            return Err(BadList { place: self.place, what: What::TooMany });
        }
        let mut stems = vec![String::new()];
        for part in &self.parts {
            match part {
                Part::Text(text) => stems.iter_mut().for_each(|stem| stem.push_str(text)),
                Part::OneOf(items) => {
                    let mut longer = Vec::new();
                    for stem in &stems {
                        items.iter().for_each(|item| item.append(stem, &mut longer));
                    }
                    stems = longer;
                }
            }
            // Here and not at the end: a long text times many names is a lot of memory.
            if stems.iter().any(|stem| stem.len() > LONGEST) {
                return Err(BadList { place: self.place, what: What::TooLong });
            }
        }
        to.append(&mut stems);
        Ok(())
    }
}

/// Takes a list apart.
fn words(list: &str) -> Result<Vec<Word<'_>>, BadList> {
    let place = |byte: usize| list.get(..byte).map_or(0, |before| before.chars().count()).saturating_add(1);
    let bad = |byte: usize, what| BadList { place: place(byte), what };
    let mut words = vec![Word { place: 1, parts: Vec::new() }];
    let mut at = 0;
    while let Some(rest) = list.get(at..).filter(|rest| !rest.is_empty()) {
        let end = rest.find(['[', ']', ',']).unwrap_or(rest.len());
        let mut parts = Vec::new();
        if end > 0 {
            parts.extend(rest.get(..end).map(Part::Text));
        }
        let sign = at.saturating_add(end);
        let mut after = sign.saturating_add(1);
        let mut next = None;
        match rest.as_bytes().get(end) {
            Some(b'[') => {
                let inside = list.get(after..).unwrap_or_default();
                let close = inside.find(']').ok_or_else(|| bad(sign, What::NotClosed))?;
                let inside = inside.get(..close).unwrap_or_default();
                if let Some(nested) = inside.find('[') {
                    return Err(bad(after.saturating_add(nested), What::Nested));
                }
                let mut items = Vec::new();
                for text in inside.split(',') {
                    items.push(item(text).map_err(|what| bad(after, what))?);
                    after = after.saturating_add(text.len()).saturating_add(1);
                }
                parts.push(Part::OneOf(items));
            }
            Some(b']') => return Err(bad(sign, What::NotOpened)),
            Some(_) => next = Some(Word { place: place(after), parts: Vec::new() }),
            None => {}
        }
        if let Some(word) = words.last_mut() {
            word.parts.append(&mut parts);
        }
        words.extend(next);
        at = after;
    }
    Ok(words)
}

/// One alternative within brackets.
fn item(text: &str) -> Result<Item<'_>, What> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if text.is_empty() {
        return Err(What::Empty);
    }
    let Some((first, last)) = text.split_once('-') else { return Ok(Item::Text(text)) };
    match (number(first), number(last)) {
        (true, true) => {}
        // Names with hyphens: [rack-a,rack-b].
        (false, false) if !first.is_empty() && !last.is_empty() => return Ok(Item::Text(text)),
        _ => return Err(What::NotARange),
    }
    if first.len() > 18 || last.len() > 18 {
        return Err(What::Digits);
    }
    if last.starts_with('0') && last.len() > first.len() {
        return Err(What::Padding);
    }
    let width = if first.starts_with('0') { first.len() } else { 0 };
    // Up to 18 digits always fit.
    let value = |text: &str| text.parse::<u64>().map_err(|_| What::Digits);
    let (first, last) = (value(first)?, value(last)?);
    if last < first { Err(What::Descending) } else { Ok(Item::Range { first, last, width }) }
}

/// The shortest list that stands for these names, in this order, by their last number only.
pub(super) fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for name in names {
        let new = Group::of(name);
        match groups.last_mut().filter(|last| new.rest.is_some() && last.stem == new.stem && last.rest == new.rest) {
            Some(last) => last.ranges.extend(new.ranges),
            None => groups.push(new),
        }
    }
    groups.iter().map(Group::text).collect::<Vec<_>>().join(",")
}

/// Names that differ in their last number at most.
struct Group<'a> {
    stem: &'a str,
    /// None where a name has no number.
    rest: Option<&'a str>,
    ranges: Vec<&'a str>,
}

impl<'a> Group<'a> {
    fn of(name: &'a str) -> Self {
        let digit = |letter: char| letter.is_ascii_digit();
        let split = name.rfind(digit).and_then(|last| {
            let (with, rest) = name.split_at_checked(last.checked_add(1)?)?;
            let stem = with.trim_end_matches(digit);
            Some((stem, with.strip_prefix(stem)?, rest))
        });
        match split {
            Some((stem, number, rest)) => Self { stem, rest: Some(rest), ranges: vec![number] },
            None => Self { stem: name, rest: None, ranges: vec![] },
        }
    }

    fn text(&self) -> String {
        let Some(rest) = self.rest else { return self.stem.to_owned() };
        let mut runs: Vec<(&str, &str)> = Vec::new();
        for number in &self.ranges {
            match runs.last_mut().filter(|(first, last)| follows(first, last, number)) {
                Some((_, last)) => *last = number,
                None => runs.push((number, number)),
            }
        }
        let runs: Vec<_> = runs
            .iter()
            .map(|(first, last)| if first == last { (*first).to_owned() } else { format!("{first}-{last}") })
            .collect();
        let brackets = self.ranges.len() > 1;
        let (open, close) = if brackets { ("[", "]") } else { ("", "") };
        format!("{}{open}{}{close}{rest}", self.stem, runs.join(","))
    }
}

/// Whether a range from `first` to `last` can go on with `number`, in its way to write it.
fn follows(first: &str, last: &str, number: &str) -> bool {
    if number.len() > 18 {
        return false;
    }
    let width = if first.starts_with('0') { first.len() } else { 0 };
    last.parse::<u64>().is_ok_and(|last| format!("{:0width$}", last.saturating_add(1)) == number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(list: &str) -> Vec<String> {
        expand(list).unwrap_or_else(|bad| panic!("{list}: {bad}"))
    }

    #[test]
    fn expands() {
        for (list, expected) in [
            ("rack1", &["rack1"][..]),
            ("rack[1-3]", &["rack1", "rack2", "rack3"]),
            ("rack[08-10,15]", &["rack08", "rack09", "rack10", "rack15"]),
            ("r[1-2]-[a,b]", &["r1-a", "r1-b", "r2-a", "r2-b"]),
            ("b,a[1-2].lan,b", &["b", "a1.lan", "a2.lan", "b"]),
            ("[node-a,x]", &["node-a", "x"]),
            ("r[099-101]", &["r099", "r100", "r101"]),
            ("r[0-1]", &["r0", "r1"]),
            ("r[7]", &["r7"]),
            ("r[001-2]", &["r001", "r002"]),
            ("ü[1]ß", &["ü1ß"]),
        ] {
            assert_eq!(names(list), expected, "{list}");
        }
        assert_eq!(names("rack[1-100000]").len(), MOST);
        assert_eq!(names("[0-9][0-9][0-9][0-9][0-9]").last().map(String::as_str), Some("99999"));
    }

    #[test]
    fn errors_name_the_place() {
        for (list, place, what) in [
            ("rack[1-3", 5, What::NotClosed),
            ("rack1-3]", 8, What::NotOpened),
            ("rack[1,[2]]", 8, What::Nested),
            ("rack[]", 6, What::Empty),
            ("rack[1,,2]", 8, What::Empty),
            ("rack[1,]", 8, What::Empty),
            ("", 1, What::Empty),
            ("a,,b", 3, What::Empty),
            ("a,", 3, What::Empty),
            ("rack[1-]", 6, What::NotARange),
            ("rack[5,-3]", 8, What::NotARange),
            ("rack[1-x]", 6, What::NotARange),
            ("rack[1-8/2]", 6, What::NotARange),
            ("rack[1-2-3]", 6, What::NotARange),
            ("rack[1,9-2]", 8, What::Descending),
            ("rack[1-010]", 6, What::Padding),
            ("rack[1-1234567890123456789]", 6, What::Digits),
            ("a,rack[1-100000]", 3, What::TooMany),
            ("[1-999999999999999999][1-999999999999999999]", 1, What::TooMany),
            ("ü[1", 2, What::NotClosed),
        ] {
            assert_eq!(expand(list), Err(BadList { place, what }), "{list}");
        }
        let long = format!("{}[1-9]", "x".repeat(LONGEST));
        assert_eq!(expand(&long), Err(BadList { place: 1, what: What::TooLong }));
        assert_eq!(expand("rack[1-").unwrap_err().to_string(), "place 5: a '[' without its ']'");
        assert_eq!(expand("rack[1-100001]").unwrap_err().to_string(), "place 1: more than 100000 names");
    }

    #[test]
    fn a_text_keeps_its_commas() {
        assert_eq!(expand_text("a,b"), Ok(None));
        assert_eq!(expand_text(""), Ok(None));
        let texts = |text| expand_text(text).unwrap().unwrap();
        assert_eq!(texts("pdu[1-2],a"), ["pdu1,a", "pdu2,a"]);
        assert_eq!(texts(",[1-2],,"), [",1,,", ",2,,"]);
        assert!(expand_text("x[").is_err());
    }

    #[test]
    fn folds() {
        for (names, list) in [
            (&["rack1"][..], "rack1"),
            (&["rack1", "rack2", "rack3", "rack5"], "rack[1-3,5]"),
            (&["r09", "r10", "r11", "r012"], "r[09-11,012]"),
            (&["r9", "r10", "b", "b", "r11"], "r[9-10],b,b,r11"),
            (&["r1-a", "r2-a", "r2-b"], "r[1-2]-a,r2-b"),
            (&["7"], "7"),
            (&["r3", "r2"], "r[3,2]"),
        ] {
            assert_eq!(fold(names.iter().copied()), list);
        }
        assert_eq!(fold(std::iter::empty()), "");
    }

    proptest! {
        #[test]
        fn what_is_folded_expands_to_the_same(
            names in prop::collection::vec(r"[a-c]{0,2}-?(0{0,2}[0-9]|1[0-2]|9{18,19}|10{18})?(-[ab]|ü)?", 1..30)
        ) {
            prop_assume!(names.iter().all(|name| !name.is_empty()));
            prop_assert_eq!(expand(&fold(names.iter().map(String::as_str))), Ok(names));
        }

        #[test]
        fn any_text_is_bounded(list in r"[a0-3,\[\]\-]{0,40}|\PC{0,40}") {
            if let Ok(names) = expand(&list) {
                prop_assert!(!names.is_empty() && names.len() <= MOST);
                prop_assert!(names.iter().all(|name| !name.is_empty() && !name.contains(['[', ']', ','])));
            }
            let _ = expand_text(&list);
        }

        #[test]
        fn a_product_is_what_counting_gives(
            stem in "[a-z]{0,5}", first in 0_u64..200, more in 0_u64..50, width in 1_usize..5,
            letters in prop::collection::vec("[a-z]{1,3}", 1..4),
        ) {
            let last = first + more;
            let list = format!("{stem}[{first:0width$}-{last:0width$}]-[{}]", letters.join(","));
            let mut expected = Vec::new();
            for number in first..=last {
                expected.extend(letters.iter().map(|letter| format!("{stem}{number:0width$}-{letter}")));
            }
            prop_assert_eq!(expand(&list), Ok(expected));
        }
    }
}
