//! The engine of DxP on a device that says anything.

use rackhand_core::dxp::{DxpError, RX_LEN, TX_LEN};

use super::Job;
use super::judge::Judge;
use crate::runner::{self, Setting};
use crate::script::Script;

/// [`Engine`](rackhand_core::dxp::Engine) with each task, on a device and a network that do what the bytes want, and on a
/// runner without any order.
///
/// Asserts, besides the contract of an exchange: a session begins with hello, each request is one that the task wants,
/// carries the right number and credentials, and goes out only when no old answer can be taken for its own; a pulse that
/// may have left is never sent again; "done" means that the read that has just come shows the wanted state (for a reboot,
/// that an earlier one showed off); a failure tells of a relay what the last read since the last change said and no more, and
/// of a change what became of it; a change that may have left is never passed over, and an answer never called no contact; `TX_LEN` and `RX_LEN` bytes are enough.
pub fn dxp_engine(data: &[u8]) {
    let mut script = Script::new(data);
    let lawful = script.u8() != 255;
    let job = Job::decode(&mut script);
    let mut engine = job.engine();
    if !lawful {
        if let Some(DxpError::Full(full)) = runner::run_lawless(&mut engine, &mut script) {
            assert!(full.needed <= TX_LEN, "{full}");
        }
        return;
    }
    let setting = Setting { timeout: job.timeout, tx_len: TX_LEN, rx_len: RX_LEN };
    let mut judge = Judge::new(job);
    let result = runner::run(&mut engine, setting, &mut script, &mut judge);
    judge.ended(match result {
        Ok(done) => Ok(done),
        Err(DxpError::Failed { why, contact, .. }) => Err((why, contact)),
        Err(error) => panic!("{error:?}"),
    });
}
