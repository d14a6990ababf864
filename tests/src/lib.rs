//! What the tests share.

pub mod bench;
pub mod explore;
pub mod firmware;
pub mod hypervisor;
pub mod ipmi_sim;
pub mod lan;
pub mod need;
pub mod pair;
pub mod post;
pub mod say;
pub mod script;
pub mod targets;
pub mod toolchain;
pub mod valgrind;
pub mod vectors;
