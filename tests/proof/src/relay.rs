//! The relay's part.

use rackhand_core::operation::Answer;
use rackhand_core::relay::Counters;

use crate::{any, roots};

type Desk = rackhand_core::relay::Desk<u32, 4, 6>;

roots! {
    "relay::Counters::count" => Counters::count(&mut any(), any::<&Answer>()),
    "relay::Desk::begin" => Desk::begin(&mut any(), any(), any()),
    "relay::Desk::counters" => Desk::counters(&any()),
    "relay::Desk::default" => Desk::default(),
    "relay::Desk::finish" => Desk::finish(&mut any(), any(), any(), any()),
    "relay::Desk::refuse" => Desk::refuse(&mut any(), any(), any(), any()),
    "relay::Desk::take" => Desk::take(&mut any(), any(), any(), any()),
}
