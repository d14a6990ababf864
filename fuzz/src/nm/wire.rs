//! Requests and answers as bytes.

use rackhand_core::nm::{Request, Response};

use crate::emitted;
use crate::script::Script;

/// A request as it is sent.
pub(super) fn sent(request: &Request) -> Vec<u8> {
    let bytes = emitted(|w| request.emit(w).expect("there is room"));
    assert!(bytes.len() <= Request::LEN);
    bytes
}

/// Any bytes as a request, and as the answer to it.
///
/// Asserts: what is read of a request is written to bytes that read the same, and as many; what is read of an answer is written to
/// bytes that read the same, and bytes behind it change nothing.
pub fn nm_wire(data: &[u8]) {
    let mut script = Script::new(data);
    let (command, question) = (script.u8(), script.chunk());
    let Ok(Some(request)) = Request::parse(command, question) else { return };
    assert_eq!(request.command(), command);
    let again = sent(&request);
    assert_eq!(again.len(), question.len());
    assert_eq!(Request::parse(command, &again), Ok(Some(request)));

    let answer = script.rest();
    let Ok(response) = Response::parse(&request, answer) else { return };
    let again = emitted(|w| response.emit(w).expect("there is room"));
    assert!(again.len() <= Response::LEN && again.len() <= answer.len());
    assert_eq!(Response::parse(&request, &again), Ok(response));
    assert_eq!(Response::parse(&request, &[&again[..], &[0xEE; 3]].concat()), Ok(response));
}
