//! A request as it crosses the channel between a host and its relay: the bytes that Node Manager will get (Node Manager 3.0, section
//! 2), so that no relay needs a reader of its own for each request.
//!
//! ```json
//! {"command":193,"data":[16,1,16,0,5,2,32,78,0,0,100,0,1,0],"least_correction_time":false}
//! ```

use heapless::Vec;
use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::request::Request;
use crate::buffer::TxWriter;

#[derive(Serialize)]
struct Bytes {
    command: u8,
    /// Behind the IANA number.
    data: Vec<u8, { Request::LEN }>,
    /// What no byte says: see [`Request::SetPolicy`].
    least_correction_time: bool,
}

/// For `#[serde(serialize_with = "…")]` on a field that crosses the channel.
pub(crate) fn on_the_channel<S: Serializer>(request: &Request, to: S) -> Result<S::Ok, S::Error> {
    let mut buffer = [0; Request::LEN];
    let mut w = TxWriter::new(&mut buffer);
    request.emit(&mut w).map_err(S::Error::custom)?;
    let len = w.len();
    Bytes {
        command: request.command(),
        data: buffer.into_iter().take(len).collect(),
        least_correction_time: matches!(request, Request::SetPolicy { least_correction_time: true, .. }),
    }
    .serialize(to)
}
