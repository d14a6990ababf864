//! Node Manager: the arguments of its methods, its requests and answers, and the dialog that calls it.

mod args;
mod call;
mod wire;

pub use args::nm_args;
pub use call::nm_call;
pub use wire::nm_wire;
