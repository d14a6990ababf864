//! A dialog that does anything, on any protocol: the engines must bear it.

use core::marker::PhantomData;

use rackhand_core::buffer::Full;
use rackhand_core::dialog::{Bounded, Dialog, Last, Protocol, Turn};
use rackhand_core::time::{Instant, Share};

use crate::any;

/// A dialog on `P` that may fail as `E`.
pub(crate) struct Whatever<P, E>(PhantomData<(P, E)>);

impl<P: Protocol, E> Dialog for Whatever<P, E> {
    type On = P;
    type Output = u16;
    type Error = E;

    fn turn(&mut self, _: Instant, _: Last<'_, P>) -> Result<Turn<u16>, E> {
        any()
    }

    fn ask(&self, writer: &mut P::Writer<'_>) -> Result<(), Full> {
        *writer = any();
        any()
    }

    fn repeatable(&self) -> bool {
        any()
    }

    fn share(&self) -> Share {
        any()
    }

    fn doing(&self) -> &'static str {
        any()
    }
}

impl<P: Protocol, E> Bounded for Whatever<P, E> {
    fn reserve_ms(&self) -> u32 {
        any()
    }

    fn hurry(&mut self) -> bool {
        any()
    }

    fn give_up(&self) -> Result<u16, E> {
        any()
    }
}
