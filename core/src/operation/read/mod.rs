//! Reads orders from whatever serde reads.
//!
//! What serde derives is made anew for each type and each reader: on a microcontroller that came to 25 KiB of flash. Here all
//! that depends on the reader is one value that can be read in a few ways ([`Want`]), behind a trait object ([`Read`]); what an
//! order consists of is then plain functions. As with what serde derives, unknown and repeated keys are refused.

mod action;
mod order;
mod source;
mod target;

/// What a value shall be, and where it goes.
enum Want<'w> {
    /// A truth value.
    Flag(&'w mut bool),
    /// A list, read place by place. False: a place could not be read, which is also how the end of the list shows.
    List(&'w mut dyn FnMut(&mut dyn Read) -> bool),
    /// A whole number that is not negative.
    Number(&'w mut u32),
    /// An object, called with each key to read its value.
    Object(&'w mut dyn FnMut(&str, &mut dyn Read) -> bool),
    /// Text, or `null`.
    OptionalText(&'w mut dyn FnMut(Option<&str>) -> bool),
    /// A whole number that is not negative, or `null`.
    OptionalNumber(&'w mut Option<u32>),
    /// Text.
    Text(&'w mut dyn FnMut(&str) -> bool),
    /// Nothing more: the name before stands alone.
    Unit,
    /// A name that stands alone, or an object with one key.
    Variant(&'w mut dyn FnMut(&str, &mut dyn Read) -> bool),
}

/// A value that is still to be read.
trait Read {
    /// Reads it, at most once. False when it is something else, or was refused.
    fn read(&mut self, want: Want<'_>) -> bool;
}

/// Puts what was read in its place, unless something is there already.
fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let fits = place.is_none() && value.is_some();
    if fits {
        *place = value;
    }
    fits
}

/// A truth value.
fn flag(value: &mut dyn Read, place: &mut Option<bool>) -> bool {
    let mut flag = false;
    value.read(Want::Flag(&mut flag)) && put(place, Some(flag))
}

/// A whole number that `convert` takes.
fn number<T>(value: &mut dyn Read, place: &mut Option<T>, convert: impl FnOnce(u32) -> Option<T>) -> bool {
    let mut number = 0;
    value.read(Want::Number(&mut number)) && put(place, convert(number))
}

/// Text that `convert` takes.
fn text<T>(value: &mut dyn Read, place: &mut Option<T>, convert: impl Fn(&str) -> Option<T>) -> bool {
    value.read(Want::Text(&mut |text| put(place, convert(text))))
}

/// Text that `convert` takes, or `null`.
fn optional_text<T>(value: &mut dyn Read, place: &mut Option<Option<T>>, convert: impl Fn(&str) -> Option<T>) -> bool {
    value.read(Want::OptionalText(&mut |text| {
        put(
            place,
            match text {
                None => Some(None),
                Some(text) => convert(text).map(Some),
            },
        )
    }))
}

/// Octets as they are written in JSON, `00:11:22:33:44:55`; how many there are.
fn octets(text: &str, octets: &mut [u8; 6]) -> Option<usize> {
    let mut count = 0_usize;
    for pair in text.as_bytes().split(|byte| *byte == b':') {
        let [high, low] = pair else { return None };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *octets.get_mut(count)? = digit(high)? << 4 | digit(low)?;
        count = count.saturating_add(1);
    }
    Some(count)
}
