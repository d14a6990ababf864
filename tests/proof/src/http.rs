//! HTTP and its digest, both sides.

use rackhand_core::http::digest::{self, Authorization, Challenge, Credentials};
use rackhand_core::http::{
    self, FieldValues, Fields, HttpProblem, LengthPlace, RequestHead, RequestReader, ResponseHead, ResponseReader,
};

use crate::{any, roots};

/// Values of fields, from anywhere.
struct Values;

impl Iterator for Values {
    type Item = &'static [u8];

    fn next(&mut self) -> Option<&'static [u8]> {
        any()
    }
}

roots! {
    "http::FieldValues::next" => FieldValues::next(&mut any()),
    "http::Fields::all" => Fields::all(&any(), any()),
    "http::Fields::get" => Fields::get(&any(), any()),
    "http::Fields::next" => Fields::next(&mut any()),
    "http::HttpProblem::status" => HttpProblem::status(any()),
    "http::LengthPlace::fill" => LengthPlace::fill(any(), any()),
    "http::RequestHead::emit" => RequestHead::emit(&any(), &mut any()),
    "http::RequestReader::new" => RequestReader::new(any()),
    "http::RequestReader::read" => RequestReader::read(&mut any(), any(), any()),
    "http::ResponseHead::emit" => ResponseHead::emit(&any(), &mut any()),
    "http::ResponseReader::new" => ResponseReader::new(any()),
    "http::ResponseReader::read" => ResponseReader::read(&mut any(), any(), any()),
    "http::ResponseReader::status" => ResponseReader::status(&any()),
    "http::chunk" => http::chunk(any(), &mut any()),
    "http::digest::Authorization::nc" => Authorization::nc(&any()),
    "http::digest::Authorization::nc_digits" => Authorization::nc_digits(&any()),
    "http::digest::Authorization::nonce" => Authorization::nonce(&any()),
    "http::digest::Authorization::parse" => Authorization::parse(any()),
    "http::digest::Authorization::realm" => Authorization::realm(&any()),
    "http::digest::Authorization::uri" => Authorization::uri(&any()),
    "http::digest::Authorization::user" => Authorization::user(&any()),
    "http::digest::Authorization::verify" => Authorization::verify(&any(), &any(), &any(), any()),
    "http::digest::Challenge::choose" => Challenge::choose(Values),
    "http::digest::Challenge::emit" => Challenge::emit(&any(), &mut any()),
    "http::digest::Credentials::new" => Credentials::new(any(), any()),
    "http::digest::Credentials::user" => Credentials::user(&any()),
    "http::digest::authorization" => digest::authorization(any(), any(), any(), any(), any(), any(), &mut any()),
    "http::last_chunk" => http::last_chunk(&mut any()),
}
