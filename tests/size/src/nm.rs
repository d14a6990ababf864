//! The dialog that finds Node Manager and puts a request to it, without an engine below it.

use rackhand_core::dialog::{Dialog, Last};
use rackhand_core::ipmi::{Bridge, Ipmi, RequestWriter};
use rackhand_core::nm::{Call, Request};
use rackhand_core::time::Instant;

use crate::{Wants, entries, memory};

memory! {
    /// The dialog.
    NM_STATE: size_of::<Call>();
}

entries! {
    /// Makes the dialog.
    fn nm_start(slot: &mut Option<Call>, request: &Request, known: &Option<Bridge>) {
        *slot = Some(Call::new(*request, *known));
    }

    /// Gives it its turn.
    fn nm_turn(
        dialog: &mut Call, now: &Instant, last: &mut Option<Last<'_, Ipmi>>, wants: &mut Wants<Call>
    ) {
        *wants = last.take().map(|last| dialog.turn(*now, last));
    }

    /// Lets it put its question.
    fn nm_ask(dialog: &Call, writer: &mut RequestWriter<'_>) -> bool {
        dialog.ask(writer).is_ok() && dialog.repeatable()
    }
}
