//! The dialog that finds Node Manager and sends it a command, without an engine below it.

use rackhand_core::dialog::{Dialog, Last};
use rackhand_core::ipmi::{Bridge, Ipmi, RequestWriter};
use rackhand_core::nm::{Command, Invoke};
use rackhand_core::time::Instant;

use crate::{Wants, entries, memory};

memory! {
    /// The dialog.
    NM_STATE: size_of::<Invoke>();
}

entries! {
    /// Makes the dialog.
    fn nm_start(slot: &mut Option<Invoke>, command: &Command, known: &Option<Bridge>) {
        *slot = Some(Invoke::new(command.clone(), *known));
    }

    /// Gives it its turn.
    fn nm_turn(
        dialog: &mut Invoke, now: &Instant, last: &mut Option<Last<'_, Ipmi>>, wants: &mut Wants<Invoke>
    ) {
        *wants = last.take().map(|last| dialog.turn(*now, last));
    }

    /// Lets it put its question.
    fn nm_ask(dialog: &Invoke, writer: &mut RequestWriter<'_>) -> bool {
        dialog.ask(writer).is_ok() && dialog.repeatable()
    }
}
