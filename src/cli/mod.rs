//! The command line: the only folder that knows clap, progress bars and printing. A file per subcommand.

mod accuracy;
mod assess;
mod associate;
mod change;
mod claim;
mod classify;
mod compare;
mod doctor;
mod expect;
mod given;
mod hectares;
mod inspect;
mod log;
mod model;
mod pace;
mod permanence;
mod permanence_text;
mod plan;
mod preview;
mod progress;
mod publish;
mod reconcile;
mod reconcile_text;
mod records;
mod report;
mod run;
mod sample;
mod slurm;
mod table;
mod task;
mod train;
mod trend;
mod validate;
mod way;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::log::{Kind, LogForm};
use crate::simd::{Level, VARIABLE};

/// Coca-cultivation masks from satellite and drone rasters, hectares per municipality, and their comparison with
/// eradication records and the census.
#[derive(Debug, Parser)]
#[command(name = "cocal", version, max_term_width = 110, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    output: Output,
    /// A server that inputs may be read from, such as data.example.org or localhost:9000; may be given often.
    #[arg(long, global = true, value_name = "HOST")]
    allow_host: Vec<String>,
    /// Let virtual rasters reach outside their own folder and those of the inputs.
    #[arg(long, global = true)]
    vrt_outside: bool,
}

/// Flags that every subcommand has.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Output {
    /// Print one JSON object with the results on standard output; all else goes to standard error.
    #[arg(long, global = true)]
    json: bool,
    /// No progress bars and no tables; errors and warnings remain.
    #[arg(long, global = true)]
    quiet: bool,
    /// Number of threads [default: one per core].
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Form of standard error: lines for people, or a JSON object a line for programs.
    #[arg(long, global = true, value_name = "FORM", value_enum, default_value_t)]
    log: LogForm,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a whole project: from scenes to the comparison with census and eradication.
    Run(run::Run),
    /// Cut a project into tasks that any machine can do which sees the inputs.
    Plan(plan::Plan),
    /// Do some tasks of a plan; those whose part is there already are left alone.
    Task(task::Task),
    /// Put the parts of all tasks together: the same bytes as one `cocal run`.
    Merge(task::Merge),
    /// Write the files with which Slurm runs a project: plan, job array, merge, and a script that submits them.
    Slurm(slurm::Slurm),
    /// Look at this machine, its GDAL and its folders: can they do the work, and what to do where they cannot.
    Doctor(doctor::Doctor),
    /// Fit a classifier on labelled polygons or points and print its held-out error matrix.
    Train(train::Train),
    /// Classify scenes with a model: class raster, coca mask and probability.
    Classify(classify::Classify),
    /// Take over a model of another library, show a model, or predict with one.
    Model(model::ModelCommand),
    /// Add up hectares per municipality from class rasters or masks.
    Hectares(hectares::Hectares),
    /// Hold hectares against the census and the eradication records.
    Compare(compare::Compare),
    /// Draw a random sample of a map for interpreters to label: blinded, with its key apart.
    Sample(sample::Sample),
    /// Estimate areas with their error from a labelled sample of the map.
    Assess(assess::Assess),
    /// What changed between two assessments, with its error.
    Change(change::Change),
    /// Test whether the census is compatible with the estimates, and whether they beat last year's census.
    Validate(validate::Validate),
    /// Level and rate of a place's hectares: change, growth, gross gain, each with its error and in words.
    Trend(trend::Trend),
    /// Hold eradication against the later change of the census, over municipalities and years: an association.
    Associate(associate::Associate),
    /// Expect a year's census from the years before it, with intervals, beside last year's value.
    Expect(expect::Expect),
    /// Class cells of 1 km by their history: permanent, intermittent, new, abandoned.
    Permanence(permanence::Permanence),
    /// Hold a sentence with a place, a year and a figure against the records.
    Claim(claim::ClaimCommand),
    /// Look at record files: census, eradication, spraying, events, seizures.
    Records(records::Records),
    /// Hold eradication records, one by one, against masks of before and after.
    Reconcile(reconcile::Reconcile),
    /// Make one page of a folder of outputs: map, charts, table, provenance.
    Report(report::Report),
    /// Draw a raster, or a run's imagery with its mask, as a PNG picture.
    Preview(preview::Preview),
    /// Publish a run without pointing at single lots; --check searches a folder for what does.
    Publish(publish::Publish),
    /// Show what would be read of a scene: sensor, date, bands, CRS, scale and offset, validity.
    Inspect(inspect::Inspect),
}

/// Why a command stopped. The exit code follows from it: 1 for data, 2 for usage.
#[derive(Debug)]
enum Failure {
    /// The data, or a part of the work, failed (exit code 1).
    Data(Box<dyn std::error::Error>),
    /// Some of several inputs failed and were reported one by one (exit code 1).
    Part {
        /// How many failed.
        failed: usize,
        /// Of how many.
        of: usize,
    },
    /// The outputs are there, but so many parts of the work could not be done and were told (exit code 1).
    Incomplete(usize),
    /// The command was called wrongly (exit code 2).
    Usage(String),
}

impl<E: std::error::Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Data(Box::new(error))
    }
}

/// Parses the arguments, runs the command, prints the error once.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() && log::asks_for_json(std::env::args_os()) => {
            log::start(true, LogForm::Json);
            let said = error.to_string();
            print_aside(Kind::Error, said.strip_prefix("error: ").unwrap_or(&said).trim());
            return ExitCode::from(2);
        }
        Err(error) => error.exit(),
    };
    crate::io::gdal_log::quiet_gdal();
    crate::io::fence::install();
    crate::io::fence::allow_hosts(arguments.allow_host.iter().map(String::as_str));
    if arguments.vrt_outside {
        crate::io::fence::allow_everywhere();
    }
    crate::io::limit_cache();
    log::start(arguments.output.quiet, arguments.output.log);
    let output = arguments.output;
    // `doctor` tells it among the rest.
    if let Err(error) = Level::choose(std::env::var(VARIABLE).ok().as_deref())
        && !matches!(arguments.command, Command::Doctor(_))
    {
        print_error(&error);
        return ExitCode::from(2);
    }
    let done = match arguments.command {
        Command::Run(c) => c.run(output),
        Command::Plan(c) => c.run(output),
        Command::Task(c) => c.run(output),
        Command::Merge(c) => c.run(output),
        Command::Slurm(c) => c.run(output),
        Command::Doctor(c) => c.run(output),
        Command::Train(c) => c.run(output),
        Command::Classify(c) => c.run(output),
        Command::Model(c) => c.run(output),
        Command::Hectares(c) => c.run(output),
        Command::Compare(c) => c.run(output),
        Command::Sample(c) => c.run(output),
        Command::Assess(c) => c.run(output),
        Command::Change(c) => c.run(output),
        Command::Validate(c) => c.run(output),
        Command::Trend(c) => c.run(output),
        Command::Associate(c) => c.run(output),
        Command::Expect(c) => c.run(output),
        Command::Permanence(c) => c.run(output),
        Command::Claim(c) => c.run(output),
        Command::Records(c) => c.run(output),
        Command::Reconcile(c) => c.run(output),
        Command::Report(c) => c.run(output),
        Command::Preview(c) => c.run(output),
        Command::Publish(c) => c.run(output),
        Command::Inspect(c) => c.run(output),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Data(error)) => {
            print_error(error.as_ref());
            ExitCode::from(1)
        }
        Err(Failure::Part { failed, of }) => {
            print_aside(Kind::Error, &format!("{failed} of {of} failed, see above"));
            ExitCode::from(1)
        }
        Err(Failure::Incomplete(parts)) => {
            let noun = if parts == 1 { "part" } else { "parts" };
            print_aside(
                Kind::Error,
                &format!(
                    "{parts} {noun} of the work could not be done, see above; the figures count that ground as unobserved"
                ),
            );
            ExitCode::from(1)
        }
        Err(Failure::Usage(message)) => {
            print_aside(Kind::Error, &format!("{message}\n\nFor more information, try '--help'."));
            ExitCode::from(2)
        }
    }
}

/// Prints one line on standard output; a reader that went away (`| head`) is no error.
fn print_line(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{}", printable(text));
}

/// Prints one line on standard error, in the form that `--log` asks for.
fn print_aside(kind: Kind, text: &str) {
    log::tell(kind, text);
}

/// Text as it may go to a terminal: a name in a file must not steer it.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t') { '\u{fffd}' } else { c }).collect()
}

/// Prints an error on standard error.
fn print_error(error: &dyn std::error::Error) {
    print_aside(Kind::Error, &error.to_string());
}

/// Prints remarks on standard error.
fn print_notes(notes: &[String], output: Output) {
    if !output.quiet {
        notes.iter().for_each(|note| print_aside(Kind::Note, note));
    }
}

/// Prints the one JSON object of `--json`. A reader that went away is no error; a full disk is: half an object is none.
fn print_json(value: &impl serde::Serialize) -> Result<(), Failure> {
    use std::io::Write;
    let text = serde_json::to_string_pretty(value)?;
    let mut out = std::io::stdout();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
