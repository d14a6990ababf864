//! Messages as named fields with the section of their specification, for a person who looks at a recording.

/// One field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The specification's own name.
    pub name: &'static str,
    /// Where the specification says so.
    pub section: &'static str,
    /// Offset of the first byte from the start of the message.
    pub at: usize,
    /// Length in bytes.
    pub len: usize,
    /// What it holds.
    pub value: Value<'a>,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Bytes, to be shown in hexadecimal.
    Bytes(&'a [u8]),
    /// A secret that is not shown.
    Hidden,
    /// A number and what it stands for, which may be nothing.
    Number(u32, &'static str),
    /// Text, without the padding that it had; any bytes.
    Text(&'a [u8]),
}

/// Takes one field after the other.
pub type Sink<'s> = &'s mut dyn FnMut(Field<'_>);
