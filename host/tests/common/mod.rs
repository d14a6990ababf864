//! What the tests share that start programs.

pub(crate) mod capture;
pub(crate) mod daemon;
pub(crate) mod http;
pub(crate) mod need;
pub(crate) mod netns;
pub(crate) mod process;
pub(crate) mod rack;
