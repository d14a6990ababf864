//! The store, file and writer.

mod file;
mod writer;

use serde_json::json;
use uuid::Uuid;

use crate::model::{Node, ProvisionState};

fn node(name: &str) -> Node {
    let mut node = Node::new(Uuid::new_v4(), "staging-wol".to_owned(), ProvisionState::Enroll);
    node.name = Some(name.to_owned());
    node.driver_info.insert("wol_password".to_owned(), json!("hunter2"));
    node
}
