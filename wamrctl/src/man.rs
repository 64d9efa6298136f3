//! `wamrctl man`: the manual pages.

use crate::Cli;
use crate::failure::{Failure, Status};
use clap::CommandFactory;
use clap_mangen::{Man, generate_to};
use std::path::PathBuf;
use std::process::ExitCode;
use std::{fs, io};

/// Print the manual page, or write the pages of all commands to a directory
///
/// `wamrctl man | man -l -` shows the page.
#[derive(clap::Args)]
pub struct Arguments {
    /// Directory for wamrctl.1 and one page per command, such as wamrctl-run.1
    directory: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// [`Status::Usage`] when the directory or a page cannot be written.
pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let written = match &arguments.directory {
        Some(directory) => fs::create_dir_all(directory).and_then(|()| generate_to(Cli::command(), directory)),
        None => Man::new(Cli::command()).render(&mut io::stdout()),
    };
    written.map_err(|error| {
        let place = arguments.directory.as_ref().map_or("standard output".into(), |path| path.display().to_string());
        Failure::new(Status::Usage, format!("cannot write the manual pages to {place}: {error}"))
    })?;
    Ok(ExitCode::SUCCESS)
}
