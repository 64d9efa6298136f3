//! Writes docs/conformance.md.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use conformance::{Outcome, Skip, corpus};

use crate::causes::{CAUSES, Cause};

/// The results of one part of the suite.
#[derive(Default)]
struct Row {
    title: &'static str,
    directory: String,
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// The results of all tests in one interpreter.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    /// The lines of tests that failed, by cause and file.
    failures: BTreeMap<&'static str, BTreeMap<String, Vec<u32>>>,
    skipped: BTreeMap<Skip, usize>,
    /// Failures without a known cause.
    pub unexplained: Vec<String>,
}

impl Report {
    /// Starts the tests of a part.
    pub fn part(&mut self, title: &'static str, directory: &str) {
        self.rows.push(Row { title, directory: directory.into(), ..Row::default() });
    }

    /// Adds a test of the latest part.
    pub fn add(&mut self, file: &str, line: u32, outcome: Outcome) {
        let row = self.rows.last_mut().expect("a part has begun");
        match outcome {
            Outcome::Passed => row.passed += 1,
            Outcome::Skipped(reason) => {
                row.skipped += 1;
                *self.skipped.entry(reason).or_default() += 1;
            }
            Outcome::Failed(text) => {
                row.failed += 1;
                let path = format!("{}/{file}", row.directory);
                match Cause::find(&path, &text) {
                    Some(cause) => self.failures.entry(cause.title).or_default().entry(path).or_default().push(line),
                    None => self.unexplained.push(format!("{path}:{line}: {text}")),
                }
            }
        }
    }
}

/// The text before the results.
const HEAD: &str = include_str!("head.md");

/// The page with new results for one interpreter. It keeps the results of the other.
pub fn page(before: &str, interpreter: &str, report: &Report) -> String {
    let mut page = HEAD.to_owned();
    for name in ["fast", "classic"] {
        let begin = format!("\n## The {name} interpreter\n\n");
        let end = format!("<!-- end of the {name} interpreter -->\n");
        let results = if name == interpreter {
            report.to_string()
        } else {
            let rest = before.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
            rest.map(|(results, _)| results).unwrap_or_default().into()
        };
        page.extend([begin, results, end]);
    }
    page.push_str("\n## Causes of failures\n");
    for cause in CAUSES {
        page.push_str(&format!("\n**{}.** {}\n", cause.title, cause.text));
    }
    page.push_str("\n## Parts that do not run\n\n| part | files | tests, all skipped | reason |\n|---|---|---:|---|\n");
    for (part, reason) in corpus::unsupported() {
        page.push_str(&format!("| {} | `{}` | {} | {reason} |\n", part.title, part.directory, part.count()));
    }
    page
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| part | files | passed | failed | skipped |\n|---|---|---:|---:|---:|")?;
        for row in &self.rows {
            writeln!(f, "| {} | `{}` | {} | {} | {} |", row.title, row.directory, row.passed, row.failed, row.skipped)?;
        }
        writeln!(f, "\n### Failed\n\n| cause | tests |\n|---|---|")?;
        for (cause, files) in CAUSES.iter().filter_map(|cause| Some((cause, self.failures.get(cause.title)?))) {
            let mut places = Vec::new();
            for (file, lines) in files {
                let lines: Vec<_> = lines.iter().map(u32::to_string).collect();
                places.push(format!("`{file}` {}", lines.join(", ")));
            }
            writeln!(f, "| {} | {} |", cause.title, places.join("; "))?;
        }
        writeln!(f, "\n### Skipped\n\n| tests | reason |\n|---:|---|")?;
        for (reason, count) in &self.skipped {
            writeln!(f, "| {count} | {reason} |")?;
        }
        writeln!(f)
    }
}
