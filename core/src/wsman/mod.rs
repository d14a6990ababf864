//! WS-Management (DSP0226): SOAP 1.2 envelopes in XML, as far as a client of Intel AMT needs them, and a simulated device
//! needs.
//!
//! A [`Request`] is written around a body; an [`Envelope`] is read up to its body, whose content is a [`Fault`], an instance with
//! its properties, the output of a method, or an enumeration.

#[cfg(feature = "amt")]
pub mod enumeration;
#[cfg(feature = "amt")]
mod envelope;
#[cfg(feature = "amt")]
mod fault;
mod fault_kind;
#[cfg(feature = "amt")]
mod identify;
pub mod namespace;
#[cfg(feature = "amt")]
mod request;
#[cfg(feature = "amt")]
pub mod xml;

#[cfg(feature = "amt")]
pub use envelope::{Envelope, Take, properties};
#[cfg(feature = "amt")]
pub use fault::Fault;
pub use fault_kind::{FaultCode, FaultKind, Subcode};
#[cfg(feature = "amt")]
pub use identify::{Identity, identify};
#[cfg(feature = "amt")]
pub use request::{Body, Operation, P, Request, Selector, reference};
