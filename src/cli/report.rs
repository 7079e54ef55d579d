//! `cocal report`: what people look at.

use std::path::PathBuf;

use super::trend::relative_se;
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::read_outputs::Borders;
use crate::report::assemble::{Options, RELATIVE_SE};
use crate::report::page::sentences_of_all;
use crate::run::report::{ReportOptions, report};
use crate::run::threads::Threads;

/// Make one page of a folder of outputs: map, charts, table, provenance, in Spanish and English.
///
/// The page is a single file that opens without a network. Its map shows municipalities, its pictures cells of 1 km: no single
/// lot can be read off it. The folder is that of `cocal run`, or one with `comparison.csv` (and `comparison_totals.csv`) by
/// `cocal compare`, or with `hectares.csv`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cocal report out --language es -o report.html")]
pub(super) struct Report {
    /// Folder of outputs.
    #[arg(value_name = "OUTDIR")]
    folder: PathBuf,
    /// Language shown first; the page can switch.
    #[arg(long, value_enum, default_value_t = Language::Es)]
    language: Language,
    /// Page to write [default: report.html in OUTDIR].
    #[arg(short, long, value_name = "FILE.html")]
    output: Option<PathBuf>,
    /// Municipality polygons for the map [default: municipalities.geojson in OUTDIR].
    #[arg(long, value_name = "VECTOR", requires = "code_field")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    /// Relative standard error assumed of the census of departments and of all together, which is published without one; 0: none.
    #[arg(long, value_name = "SHARE", default_value_t = RELATIVE_SE, value_parser = relative_se)]
    relative_se: f64,
    /// No small pictures of the tiles.
    #[arg(long)]
    no_pictures: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Language {
    /// Spanish.
    Es,
    /// English.
    En,
}

impl From<Language> for crate::report::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Es => Self::Es,
            Language::En => Self::En,
        }
    }
}

impl Report {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let path = self.output.unwrap_or_else(|| self.folder.join("report.html"));
        let is_page = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("html") || e.eq_ignore_ascii_case("htm"));
        if !is_page {
            return Err(Failure::Usage(format!("-o {}: the name must end in .html", path.display())));
        }
        let options = Options { language: self.language.into(), relative_se: self.relative_se };
        let layer = self.municipalities.zip(self.code_field);
        let borders = layer.map(|(layer, code_field)| Borders { layer, code_field });
        let wanted = ReportOptions { options, borders, pictures: !self.no_pictures };
        let threads = Threads::start(output.threads.map(usize::from))?;
        let (bytes, data) = report(&self.folder, &wanted, &threads)?;
        keep_inputs([path.as_path()], wanted.borders.iter().map(|borders| borders.layer.as_path()))?;
        make_folder(parent(&path))?;
        Staged::bytes(&path, &bytes)?.put()?;
        if output.json {
            print_json(&serde_json::json!({
                "report": path, "bytes": bytes.len(), "municipalities": data.places.len(), "years": data.years,
                "pictures": data.pictures.len(), "notes": data.provenance.notes,
            }))?;
        } else if !output.quiet {
            if let Some(latest) = data.years.len().checked_sub(1) {
                sentences_of_all(&data, data.language, latest).iter().for_each(|sentence| print_line(sentence));
            }
            print_line(&format!("{}: {:.1} MB", path.display(), bytes.len() as f64 / 1e6));
        }
        print_notes(&given_notes(&data.provenance.notes), output);
        Ok(())
    }
}

/// Remarks of the reading; those of the run were said when it ran.
fn given_notes(notes: &[String]) -> Vec<String> {
    let of_reading = |note: &&String| note.starts_with("no ") || note.starts_with("the folder");
    notes.iter().filter(of_reading).cloned().collect()
}
