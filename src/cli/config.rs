//! `patchbay config` — every setting in force, and where it came from.

use std::path::Path;
use std::process::ExitCode;

use super::say;
use crate::config::{Environment, settings};
use crate::error::Result;

pub fn run(file: Option<&Path>, environment: &Environment) -> Result<ExitCode> {
    for setting in settings(file, environment)? {
        say(&format!(
            "{} = {}    # {}",
            setting.key, setting.value, setting.origin
        ));
    }
    Ok(ExitCode::SUCCESS)
}
