//! IPMI, and Node Manager over it.

use rackhand_core::dialog::Dialog;
use rackhand_core::ipmi::RequestWriter;
use rackhand_core::ipmi::wire::{
    Header, Message, OpenSessionRequest, OpenSessionResponse, Ping, Pong, Rakp1, Rakp2, Rakp3, Rakp4, Request,
    Response, Role, Session15,
};
use rackhand_core::ipmi::{self, CipherSuite, Keys, Opening, Records, Status};
use rackhand_core::nm::Invoke;

use crate::{any, roots};

roots! {
    "ipmi::CipherSuite::by_id" => CipherSuite::by_id(any()),
    "ipmi::CipherSuite::by_numbers" => CipherSuite::by_numbers(any()),
    "ipmi::CipherSuite::numbers" => CipherSuite::numbers(any()),
    "ipmi::Keys::drop" => drop(any::<Keys>()),
    "ipmi::Keys::open" => Keys::open(&any(), any(), any()),
    "ipmi::Keys::seal" => Keys::seal(&any(), any(), any(), any(), any(), any()),
    "ipmi::Opening::is_rakp2" => Opening::is_rakp2(&any(), any()),
    "ipmi::Opening::is_rakp3" => Opening::is_rakp3(&any(), any()),
    "ipmi::Opening::is_rakp4" => Opening::is_rakp4(&any(), any()),
    "ipmi::Opening::keys" => Opening::keys(&any()),
    "ipmi::Opening::write_rakp2" => Opening::write_rakp2(&any(), &mut any()),
    "ipmi::Opening::write_rakp3" => Opening::write_rakp3(&any(), &mut any()),
    "ipmi::Opening::write_rakp4" => Opening::write_rakp4(&any(), &mut any()),
    "ipmi::Records::new" => Records::new(any()),
    "ipmi::Records::next" => Records::next(&mut any()),
    "ipmi::Status::number" => Status::number(any()),
    "ipmi::Status::of" => Status::of(any()),
    "ipmi::wire::Header::outside" => Header::outside(any(), any()),
    "ipmi::wire::Message::emit" => Message::emit(&any(), &mut any()),
    "ipmi::wire::Message::parse" => Message::parse(any()),
    "ipmi::wire::OpenSessionRequest::emit" => OpenSessionRequest::emit(&any(), &mut any()),
    "ipmi::wire::OpenSessionRequest::new" => OpenSessionRequest::new(any(), any(), any(), any()),
    "ipmi::wire::OpenSessionRequest::parse" => OpenSessionRequest::parse(any()),
    "ipmi::wire::OpenSessionResponse::emit" => OpenSessionResponse::emit(&any(), any(), &mut any()),
    "ipmi::wire::OpenSessionResponse::parse" => OpenSessionResponse::parse(any()),
    "ipmi::wire::Ping::emit" => Ping::emit(&any(), &mut any()),
    "ipmi::wire::Ping::parse" => Ping::parse(any()),
    "ipmi::wire::Pong::emit" => Pong::emit(&any(), &mut any()),
    "ipmi::wire::Pong::parse" => Pong::parse(any()),
    "ipmi::wire::Rakp1::emit" => Rakp1::emit(&any(), &mut any()),
    "ipmi::wire::Rakp1::parse" => Rakp1::parse(any()),
    "ipmi::wire::Rakp2::emit" => Rakp2::emit(&any(), any(), &mut any()),
    "ipmi::wire::Rakp2::parse" => Rakp2::parse(any()),
    "ipmi::wire::Rakp3::emit" => Rakp3::emit(&any(), &mut any()),
    "ipmi::wire::Rakp3::parse" => Rakp3::parse(any()),
    "ipmi::wire::Rakp4::emit" => Rakp4::emit(&any(), &mut any()),
    "ipmi::wire::Rakp4::parse" => Rakp4::parse(any()),
    "ipmi::wire::Request::emit" => Request::emit(&any(), &mut any()),
    "ipmi::wire::Response::parse" => Response::parse(any()),
    "ipmi::wire::Role::byte" => Role::byte(any()),
    "ipmi::wire::Session15::emit" => Session15::emit(&any(), &mut any()),
    "ipmi::wire::Session15::parse" => Session15::parse(any()),
    "ipmi::wire::checksum" => ipmi::wire::checksum(any()),
    "ipmi::RequestWriter::data" => RequestWriter::data(&mut any(), any()),
    "ipmi::RequestWriter::head" => RequestWriter::head(&mut any(), any(), any(), any()),
    "ipmi::RequestWriter::is_empty" => RequestWriter::is_empty(&any()),
    "ipmi::RequestWriter::len" => RequestWriter::len(&any()),
    "ipmi::RequestWriter::new" => RequestWriter::new(any()),
    "nm::Invoke::ask" => Invoke::ask(&any(), &mut any()),
    "nm::Invoke::doing" => Invoke::doing(&any()),
    "nm::Invoke::new" => Invoke::new(any(), any()),
    "nm::Invoke::repeatable" => Invoke::repeatable(&any()),
    "nm::Invoke::share" => Invoke::share(&any()),
    "nm::Invoke::turn" => Invoke::turn(&mut any(), any(), any()),
}
