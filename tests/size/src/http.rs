//! HTTP, the client's side, with its digest: reading answers, choosing a challenge, writing the head of a request.

use rackhand_core::buffer::{Full, TxWriter};
use rackhand_core::http::digest::{Challenge, ChallengeError};
use rackhand_core::http::{HttpError, Limits, Progress, RequestHead, Response, ResponseReader};

use crate::{entries, memory};

memory! {
    /// The reader, and the challenge that is answered.
    HTTP_STATE: size_of::<(ResponseReader, Challenge)>();
}

entries! {
    /// Makes a reader.
    fn http_start(slot: &mut Option<ResponseReader>, limits: &mut Option<Limits>) {
        *slot = limits.take().map(ResponseReader::new);
    }

    /// Reads on.
    fn http_read(
        reader: &mut ResponseReader, unread: &'static mut [u8; 4096], ended: bool,
        said: &mut Option<Result<Progress<Response<'static>>, HttpError>>
    ) {
        *said = Some(reader.read(unread, ended));
    }

    /// Chooses a challenge.
    fn http_choose(response: &Response<'_>, chosen: &mut Option<Result<Challenge, ChallengeError>>) {
        *chosen = Some(Challenge::choose(response.fields.all("WWW-Authenticate")));
    }

    /// Writes a request.
    fn http_write(head: &RequestHead<'_>, body: &[u8; 64], tx: &mut [u8; 1024]) -> bool {
        let mut writer = TxWriter::new(tx);
        let written: Result<_, Full> = head.emit(&mut writer).and_then(|place| writer.put(body).map(|()| place));
        let len = writer.len();
        written.map(|place| place.fill(tx.get_mut(..len).unwrap_or(&mut []))).is_ok()
    }
}
