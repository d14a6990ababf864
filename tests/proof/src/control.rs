//! What the proof must be able to tell apart: roots that cannot panic, and roots that can, one for each thing that
//! [`any`] must hide from the optimiser.

use core::num::NonZeroU8;

use crate::{any, roots};

/// A machine that fails in a state that nothing brings it into.
struct Machine {
    state: u8,
}

impl Machine {
    fn step(&mut self) {
        assert!(self.state < 7);
        self.state = 1;
    }
}

roots! {
    "control::good::nothing" => (),
    "control::good::checked" => (any::<&[u8]>().get(3), any::<u8>().checked_div(any())),
    "control::good::type" => assert!(any::<NonZeroU8>().get() != 0),
    "control::bad::index" => any::<&[u8]>()[3],
    "control::bad::slice" => &any::<&[u8]>()[..any::<usize>()],
    "control::bad::text" => &any::<&str>()[1..],
    "control::bad::number" => any::<u32>() / any::<u32>(),
    "control::bad::option" => any::<Option<u8>>().unwrap(),
    "control::bad::state" => any::<Machine>().step(),
}
