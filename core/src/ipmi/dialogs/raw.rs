//! One request as it stands, and its answer. It may be anything, so it is never repeated (IPMI 2.0, section 5).

use heapless::Vec;

use super::{Said, failure};
use crate::buffer::Full;
use crate::dialog::{Bounded, Dialog, Last, Turn};
use crate::ipmi::{Ipmi, IpmiFailure, Query, RawAnswer, RawRequest, RequestWriter};
use crate::time::Instant;

/// Sends one request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Raw {
    request: RawRequest,
}

impl Raw {
    /// Sends `request`.
    #[must_use]
    pub const fn new(request: RawRequest) -> Self {
        Self { request }
    }
}

impl Dialog for Raw {
    type On = Ipmi;
    type Output = RawAnswer;
    type Error = IpmiFailure;

    fn turn(&mut self, _: Instant, last: Last<'_, Ipmi>) -> Said<RawAnswer> {
        match last {
            Last::Start | Last::Waited => Ok(Turn::Ask),
            Last::Answer(data) => match Vec::from_slice(data) {
                Ok(data) => Ok(Turn::Done(RawAnswer::new(&data))),
                Err(_) => Err(IpmiFailure::BadAnswer(Query::Raw)),
            },
            last => Err(failure(Query::Raw, &last)),
        }
    }

    fn ask(&self, writer: &mut RequestWriter<'_>) -> Result<(), Full> {
        let RawRequest { netfn, command, bridge, ref data } = self.request;
        writer.head(netfn, command, bridge);
        writer.data(data)
    }

    fn repeatable(&self) -> bool {
        false
    }

    fn doing(&self) -> &'static str {
        "sending the request"
    }
}

impl Bounded for Raw {
    fn give_up(&self) -> Result<RawAnswer, IpmiFailure> {
        Err(IpmiFailure::NoContact)
    }
}
