//! What goes to standard error: lines for people, or with `--log json` one JSON object a line for programs.
//!
//! Everything that is no result goes through here, so that a log that is meant for programs holds nothing else. A line leaves
//! in one write: those of processes that share a file do not mix.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::printable;

/// The form of standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum LogForm {
    /// Lines for people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

static FORM: OnceLock<LogForm> = OnceLock::new();

/// The form that was chosen; text before that.
pub(super) fn form() -> LogForm {
    FORM.get().copied().unwrap_or_default()
}

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Why the command stopped.
    Error,
    /// A part of the work that could not be done.
    Failed,
    /// Something that is likely wrong.
    Warning,
    /// A remark.
    Note,
    /// A stage begins.
    StageBegin,
    /// A stage has ended.
    StageEnd,
    /// How far a stage is.
    Progress,
    /// What of a run was slow, taken over, done again or missing.
    Summary,
    /// A defect of the program.
    Panic,
    /// A line of the log (`COCAL_LOG`).
    Log,
}

impl Kind {
    fn level(self) -> &'static str {
        match self {
            Self::Error | Self::Failed | Self::Panic => "error",
            Self::Warning => "warn",
            _ => "info",
        }
    }

    /// What stands before the message in text.
    fn prefix(self) -> &'static str {
        match self {
            Self::Error => "error: ",
            Self::Failed => "failed: ",
            Self::Warning => "warning: ",
            Self::Note => "note: ",
            _ => "",
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    level: &'a str,
    kind: Kind,
    message: &'a str,
    fields: &'a Map<String, Value>,
}

/// A line of JSON with its end. A clock that shows a year that nobody writes gives an empty time.
fn json_line(level: &str, kind: Kind, message: &str, fields: &Map<String, Value>) -> String {
    let time = jiff::Timestamp::try_from(std::time::SystemTime::now());
    let time = time.map(|now| format!("{now:.3}")).unwrap_or_default();
    // Strings and numbers serialise.
    let line = serde_json::to_string(&Line { time, level, kind, message: &printable(message), fields });
    line.unwrap_or_default() + "\n"
}

/// Writes a line in the chosen form.
pub(super) fn tell(kind: Kind, message: &str) {
    tell_with(kind, message, Map::new());
}

/// Writes a line; the fields are for JSON only.
pub(super) fn tell_with(kind: Kind, message: &str, fields: Map<String, Value>) {
    let line = match form() {
        LogForm::Json => json_line(kind.level(), kind, message, &fields),
        LogForm::Text => format!("{}{}\n", kind.prefix(), printable(message)),
    };
    // A standard error that nobody reads is no fault; `eprintln!` would panic.
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Fields from pairs.
pub(super) fn fields<const N: usize>(pairs: [(&str, Value); N]) -> Map<String, Value> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Sets the form, and sends the log there: warnings, or what `COCAL_LOG` asks for. With JSON a panic is a line as well.
pub(super) fn start(quiet: bool, form: LogForm) {
    let _ = FORM.set(form);
    let default = if quiet { "error" } else { "warn" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("COCAL_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match form {
        LogForm::Text => log.with_ansi(std::io::stderr().is_terminal()).without_time().with_target(false).init(),
        LogForm::Json => {
            log.with_ansi(false).event_format(JsonEvents).init();
            std::panic::set_hook(Box::new(tell_panic));
        }
    }
}

/// Whether a call that cannot be understood asks for JSON all the same.
pub(super) fn asks_for_json(arguments: impl IntoIterator<Item = OsString>) -> bool {
    let mut after_log = false;
    for argument in arguments {
        if argument == "--" {
            return false;
        }
        if argument == "--log=json" || (after_log && argument == "json") {
            return true;
        }
        after_log = argument == "--log";
    }
    false
}

fn tell_panic(info: &std::panic::PanicHookInfo<'_>) {
    let payload = info.payload();
    let words =
        payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let message = words.unwrap_or("a panic without words");
    let place = info.location();
    let thread = std::thread::current();
    let found = fields([
        ("file", place.map(|place| place.file()).into()),
        ("line", place.map(std::panic::Location::line).into()),
        ("thread", thread.name().into()),
    ]);
    tell_with(Kind::Panic, message, found);
}

/// Events of `tracing` as lines of JSON.
struct JsonEvents;

impl<S, N> FormatEvent<S, N> for JsonEvents
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> std::fmt::Result {
        let mut found = Found::default();
        event.record(&mut found);
        found.fields.insert("target".to_owned(), event.metadata().target().into());
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        writer.write_str(&json_line(&level, Kind::Log, &found.message, &found.fields))
    }
}

/// The message of an event and its other fields.
#[derive(Default)]
struct Found {
    message: String,
    fields: Map<String, Value>,
}

impl Found {
    fn put(&mut self, field: &Field, value: Value) {
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Found {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.put(field, text.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_object_whatever_the_message_holds() {
        let text = "two\nlines \"quoted\" \u{1b}[2Jand \u{9b}31m a name";
        let line = json_line("warn", Kind::Warning, text, &fields([("file", "a\"b".into())]));
        assert_eq!(line.matches('\n').count(), 1);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value["message"], "two\nlines \"quoted\" \u{fffd}[2Jand \u{fffd}31m a name");
        assert_eq!(
            (&value["level"], &value["kind"], &value["fields"]["file"]),
            (&"warn".into(), &"warning".into(), &"a\"b".into())
        );
        let time: jiff::Timestamp = value["time"].as_str().unwrap().parse().unwrap();
        let age = jiff::Timestamp::now().duration_since(time);
        assert!(age.as_secs() < 60 && value["time"].as_str().unwrap().ends_with('Z'), "{value}");
    }

    /// Calls itself: a hook is the whole process's, and the other tests are in this one.
    #[test]
    fn a_panic_is_a_line_as_well() {
        const VARIABLE: &str = "COCAL_TEST_OF_PANICS";
        if std::env::var_os(VARIABLE).is_some() {
            start(false, LogForm::Json);
            panic!("a defect of \"{}\"", 7);
        }
        let mut call = std::process::Command::new(std::env::current_exe().unwrap());
        call.args(["--exact", "cli::log::tests::a_panic_is_a_line_as_well"]).env(VARIABLE, "1");
        let done = call.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let line = said.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("no line: {said}"));
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&value["kind"], &value["message"]), (&"panic".into(), &"a defect of \"7\"".into()));
        assert!(value["fields"]["file"].as_str().unwrap().ends_with("log.rs") && value["fields"]["line"].is_u64());
        assert!(!done.status.success());
    }

    #[test]
    fn a_wrong_call_may_ask_for_json() {
        let asks = |call: &[&str]| asks_for_json(call.iter().map(OsString::from));
        assert!(asks(&["cocal", "--log", "json", "ran"]) && asks(&["cocal", "ran", "--log=json"]));
        assert!(!asks(&["cocal", "ran", "--log", "text"]) && !asks(&["cocal", "json", "--", "--log", "json"]));
    }
}
