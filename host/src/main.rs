//! `rackhand`: powers machines that have no good BMC.

use std::process::ExitCode;

fn main() -> ExitCode {
    rackhand::cli::main()
}
