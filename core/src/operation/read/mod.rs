//! Reads orders from whatever serde reads.
//!
//! What serde derives is made anew for each type and each reader: on a microcontroller that came to 25 KiB of flash. Here all
//! that depends on the reader is one value that can be read in a few ways ([`Want`]), behind a trait object ([`Read`]); what an
//! order consists of is then plain functions. As with what serde derives, unknown and repeated keys are refused.

mod action;
#[cfg(feature = "amt")]
mod amt;
#[cfg(feature = "ipmi")]
mod ipmi;
mod order;
mod source;
mod target;

pub(crate) use order::order;

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
    /// Whatever is read of it, or `null`.
    #[cfg(feature = "ipmi")]
    Optional(&'w mut dyn FnMut(Option<&mut dyn Read>) -> bool),
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
fn flag(value: &mut dyn Read) -> Option<bool> {
    let mut flag = false;
    value.read(Want::Flag(&mut flag)).then_some(flag)
}

/// A whole number.
fn number(value: &mut dyn Read) -> Option<u32> {
    let mut number = 0;
    value.read(Want::Number(&mut number)).then_some(number)
}

/// A whole number that fits a byte.
fn byte(value: &mut dyn Read) -> Option<u8> {
    u8::try_from(number(value)?).ok()
}

/// A whole number, or none where it says `null`.
fn optional_number(value: &mut dyn Read) -> Option<Option<u32>> {
    let mut number = None;
    value.read(Want::OptionalNumber(&mut number)).then_some(number)
}

/// Room for every text of an order but host names: an address of 45 bytes is the longest.
type Text = heapless::String<48>;

/// Text.
fn text(value: &mut dyn Read) -> Option<Text> {
    let mut room = Text::new();
    value.read(Want::Text(&mut |text| room.push_str(text).is_ok())).then_some(room)
}

/// Text, or none where it says `null`.
fn optional_text(value: &mut dyn Read) -> Option<Option<Text>> {
    let mut room = None;
    let whole = value.read(Want::OptionalText(&mut |text| {
        room = text.and_then(|text| Text::try_from(text).ok());
        room.is_some() == text.is_some()
    }));
    whole.then_some(room)
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
