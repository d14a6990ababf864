//! HTTP/1.1 (RFC 9112, RFC 9110) as a client of the web server in a device needs it, the server's side of it for simulated
//! devices, and the digest that such devices log in by ([`digest`]).
//!
//! A reader is shown all unread bytes of a connection and remembers how far it has looked. When a message is whole it lends it
//! out of the same bytes: a body in chunks is moved together where it lies. What it takes and what it refuses:
//!
//! | what | |
//! |---|---|
//! | body by length, in chunks, until the end of the connection | taken; a length beside chunks is not believed, and the connection not kept |
//! | several equal lengths, `5, 5` | taken as one; different ones are refused |
//! | answers 1xx | used up, [`MAX_INTERIM`] of them at most |
//! | sizes of chunks in any case, padded, with extensions; trailers | taken; extensions and trailers are dropped |
//! | lines of a head that end in a bare LF | taken |
//! | folded lines | unfolded in answers, refused in requests (RFC 9112, section 5.2) |
//! | a blank before the colon, control characters, a size beyond the limits | refused |
//!
//! Not here: answers to HEAD and CONNECT, pipelining, codings other than chunked, HTTP before 1.0 and after 1.

pub mod digest;
mod error;

#[cfg(feature = "amt")]
mod chunks;
#[cfg(feature = "amt")]
mod fields;
#[cfg(feature = "amt")]
mod framing;
#[cfg(feature = "amt")]
mod head;
#[cfg(feature = "amt")]
mod message;
#[cfg(feature = "amt")]
mod request;
#[cfg(feature = "amt")]
mod response;
#[cfg(feature = "amt")]
mod work;
#[cfg(feature = "amt")]
mod write;

pub use error::{HttpError, HttpProblem};
#[cfg(feature = "amt")]
pub use fields::{FieldValues, Fields};
#[cfg(feature = "amt")]
pub use message::{Limits, Progress};
#[cfg(feature = "amt")]
pub use request::{Request, RequestReader};
#[cfg(feature = "amt")]
pub use response::{MAX_INTERIM, Response, ResponseReader};
#[cfg(feature = "amt")]
pub use write::{BodyFraming, LengthPlace, RequestHead, ResponseHead, chunk, last_chunk};
