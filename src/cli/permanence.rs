//! `cocal permanence`: permanent, intermittent, new and abandoned cells.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::permanence_text::{enclave_table, overlay_table, summary_table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::cell_raster::stage_raster;
use crate::io::class_mosaic::group_rasters;
use crate::io::class_raster::ClassRaster;
use crate::io::read_cells::{CellFile, CellOptions, read_cells};
use crate::io::read_overlay::read_overlay;
use crate::io::write_permanence::{enclaves_csv, overlay_csv, permanence_geojson, transitions_csv};
use crate::permanence::enclaves::{Core, Enclave, enclaves};
use crate::permanence::overlay::{OverlayRow, Overlays};
use crate::permanence::standing::stand;
use crate::permanence::transitions::transitions;
use crate::permanence::{Cells, ClassTotal, Presence, Rule, Summary};
use crate::run::cell_tally::{CellRule, tally_cells};
use crate::run::threads::Threads;
use crate::territory::CellLattice;

/// Class cells of 1 km by their history: permanent, intermittent, new, abandoned.
///
/// From the census grid of hectares per cell and year, or from masks of several years. Beside the output, `NAME_transitions.csv`
/// holds what became of what from year to year, `NAME_enclaves.csv` the clusters of dense, lasting cells, and
/// `NAME_overlay.csv` the hectares inside protected areas, reserves and community lands, each counted once.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("input").required(true).args(["census_cells", "mask"]),
    after_help = "Examples:\n  cocal permanence --census-cells grid.gpkg --overlay parks=parks.gpkg --overlay reserves=reserves.gpkg -o permanence.geojson\n  cocal permanence --mask 2023=coca_2023.tif 2024=coca_2024.tif --window 2 --absent 1 --new 1 -o permanence.tif"
)]
pub(super) struct Permanence {
    /// Grid of cells with hectares per year (columns such as areacoca_2020): polygons in any vector format that GDAL reads, or a
    /// table (.csv) of centres (lon and lat, or x and y with --crs).
    #[arg(long, value_name = "FILE")]
    census_cells: Option<PathBuf>,
    /// Masks or class rasters, each with its year; several of one year are one mosaic. Years may lie on different grids.
    /// Without YEAR= the raster's own year is taken.
    #[arg(long, value_name = "YEAR=RASTER", num_args = 1..)]
    mask: Vec<String>,
    /// Side of the cells: whole kilometres, never less than one.
    #[arg(long, value_name = "SIDE", default_value = "1km")]
    cell: String,
    /// Years that are looked at, up to the reference year.
    #[arg(long, value_name = "YEARS", default_value_t = 10)]
    window: usize,
    /// Without coca for so many last years: abandoned.
    #[arg(long, value_name = "YEARS", default_value_t = 3)]
    absent: usize,
    /// First coca ever within so many last years: new.
    #[arg(long, value_name = "YEARS", default_value_t = 3)]
    new: usize,
    /// Coca in so many years of the window: permanent [default: every year].
    #[arg(long, value_name = "YEARS")]
    permanent: Option<usize>,
    /// Reference year [default: the last one].
    #[arg(long, value_name = "N")]
    year: Option<i32>,
    /// More hectares than this in a cell and year is coca [default: 0 for census cells; for masks, which err, 1 for each square
    /// kilometre].
    #[arg(long, value_name = "HECTARES", value_parser = not_negative)]
    present_ha: Option<f64>,
    /// Part of a cell that a mask must have observed before the cell may count as without coca.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, value_parser = share, conflicts_with = "census_cells")]
    observed_share: f64,
    /// Value of coca in the masks.
    #[arg(long, value_name = "VALUE", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=253), conflicts_with = "census_cells")]
    class: u8,
    /// Layer of protected areas, reserves or community lands; may be given more than once. Ground in several goes to the one
    /// given first.
    #[arg(long, value_name = "NAME=VECTOR")]
    overlay: Vec<String>,
    /// Hectares for each square kilometre, or more, of a cell of an enclave.
    #[arg(long, value_name = "HECTARES", default_value_t = 4.0, value_parser = not_negative)]
    dense_ha: f64,
    /// In so many years of the window [default: 4, or the window where it is shorter].
    #[arg(long, value_name = "YEARS")]
    dense_years: Option<usize>,
    /// Cells that an enclave has at least.
    #[arg(long, value_name = "CELLS", default_value_t = 4)]
    min_cells: usize,
    /// Reference system of the x and y of a table of cells, such as EPSG:9377.
    #[arg(long, value_name = "CRS", conflicts_with = "mask")]
    crs: Option<String>,
    /// Column that identifies a cell.
    #[arg(long, value_name = "NAME", conflicts_with = "mask")]
    id_field: Option<String>,
    /// Name of the year columns without the year, where there are several sorts.
    #[arg(long, value_name = "NAME", conflicts_with = "mask")]
    year_columns: Option<String>,
    /// A blank figure means no coca [default: it means that nobody looked].
    #[arg(long, conflicts_with = "mask")]
    blank_is_zero: bool,
    /// Map layer (.geojson) or raster (.tif) to write.
    #[arg(short, long, value_name = "FILE.geojson|FILE.tif")]
    output: PathBuf,
}

fn not_negative(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| *v >= 0.0 && v.is_finite());
    value.ok_or_else(|| "hectares are needed, zero or more".to_owned())
}

fn share(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|v: &f64| *v > 0.0 && *v <= 1.0);
    value.ok_or_else(|| "a share above 0 and up to 1 is needed, such as 0.8".to_owned())
}

/// A wrong call with the error's own words.
fn usage(error: impl std::error::Error) -> Failure {
    Failure::Usage(error.to_string())
}

#[derive(Clone, Copy)]
enum Format {
    GeoJson,
    Tif,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    reference_year: i32,
    window_from: i32,
    rule: Rule,
    presence: Presence,
    core: Core,
    cells: usize,
    coca_ha: crate::records::Exact,
    classes: &'a [ClassTotal],
    enclaves: &'a [Enclave],
    overlay: &'a [OverlayRow],
    notes: &'a [String],
}

impl Permanence {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let format = self.format()?;
        let lattice = CellLattice::parse(&self.cell).map_err(usage)?;
        let rule = Rule::new(self.window, self.absent, self.new, self.permanent).map_err(usage)?;
        let core = self.core()?;
        let (masks, overlays) = (self.masks()?, self.overlays()?);
        self.keep_inputs(&masks, &overlays)?;
        let presence = self.presence(lattice);
        let CellFile { cells, mut notes } = match &self.census_cells {
            Some(path) => read_cells(path, &self.cell_options(lattice, presence))?,
            None => self.tally(
                masks,
                &CellRule { lattice, coca: self.class, presence, bare_areas: !overlays.is_empty() },
                output,
            )?,
        };
        cells.refuse_lots()?;
        let year = self.year.or(cells.years().last().copied()).unwrap_or_default();
        let summary = stand(&cells, &rule, year).map_err(usage)?;
        notes.extend(remarks(&cells, &summary, self.census_cells.is_none()));
        let (clusters, cluster_of) = enclaves(&cells, &summary, &core);
        let shares = overlay_rows(&overlays, &cells, &summary, &mut notes)?;
        let main = match format {
            Format::GeoJson => self.layer(&cells, &summary, &cluster_of, &mut notes)?,
            Format::Tif => self.raster(&cells, &summary, lattice, &mut notes)?,
        };
        let rows = transitions(&cells, &rule, year);
        let mut staged = vec![
            Staged::bytes(&self.beside("transitions"), &transitions_csv(&rows)?)?,
            Staged::bytes(&self.beside("enclaves"), &enclaves_csv(&clusters)?)?,
        ];
        if !overlays.is_empty() {
            staged.push(Staged::bytes(&self.beside("overlay"), &overlay_csv(&shares)?)?);
        }
        staged.into_iter().chain(main).try_for_each(Staged::put)?;
        print_notes(&notes, output);
        if output.json {
            let Summary { from, classes, hectares, .. } = &summary;
            return print_json(&Report {
                reference_year: year,
                window_from: *from,
                rule,
                presence,
                core,
                cells: cells.count(),
                coca_ha: *hectares,
                classes,
                enclaves: &clusters,
                overlay: &shares,
                notes: &notes,
            });
        }
        if !output.quiet {
            print_line(&summary_table(&cells, &summary));
            print_line(&format!("\n{}", enclave_table(&clusters, &core)));
            if !overlays.is_empty() {
                print_line(&format!("\n{}", overlay_table(&shares)));
            }
        }
        Ok(())
    }

    fn format(&self) -> Result<Format, Failure> {
        let extension = self.output.extension().map(|e| e.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("geojson" | "json") => Ok(Format::GeoJson),
            Some("tif" | "tiff") => Ok(Format::Tif),
            _ => Err(Failure::Usage(format!("-o {}: the name must end in .geojson or .tif", self.output.display()))),
        }
    }

    fn core(&self) -> Result<Core, Failure> {
        let dense_years = self.dense_years.unwrap_or(self.window.min(4));
        if !(1..=self.window).contains(&dense_years) {
            let window = self.window;
            return Err(Failure::Usage(format!(
                "--dense-years {dense_years} does not fit --window {window}: it needs 1 to {window}"
            )));
        }
        Ok(Core { dense_ha: self.dense_ha, dense_years, min_cells: self.min_cells })
    }

    /// Masks with their years, where these are told.
    fn masks(&self) -> Result<Vec<(Option<i32>, PathBuf)>, Failure> {
        let mask = |text: &String| {
            let told =
                text.split_once('=').filter(|(year, _)| !year.is_empty() && year.bytes().all(|b| b.is_ascii_digit()));
            match told {
                None => Ok((None, PathBuf::from(text))),
                Some((year, path)) => match year.parse().ok().filter(|y| (1980..=2100).contains(y)) {
                    Some(year) => Ok((Some(year), PathBuf::from(path))),
                    None => Err(Failure::Usage(format!("--mask {text}: {year} is no year from 1980 to 2100"))),
                },
            }
        };
        self.mask.iter().map(mask).collect()
    }

    fn overlays(&self) -> Result<Vec<(String, PathBuf)>, Failure> {
        let mut named: Vec<(String, PathBuf)> = Vec::new();
        for text in &self.overlay {
            let parts = text.split_once('=').filter(|(name, path)| !name.is_empty() && !path.is_empty());
            let (name, path) = parts.ok_or_else(|| {
                Failure::Usage(format!("--overlay {text}: write NAME=VECTOR, such as parks=parks.gpkg"))
            })?;
            if name == crate::permanence::overlay::NONE || named.iter().any(|(other, _)| other == name) {
                return Err(Failure::Usage(format!("--overlay {text}: the name {name} is taken; give another")));
            }
            named.push((name.to_owned(), PathBuf::from(path)));
        }
        Ok(named)
    }

    /// A file beside the output.
    fn beside(&self, what: &str) -> PathBuf {
        let stem = self.output.file_stem().unwrap_or_default().to_string_lossy();
        self.output.with_file_name(format!("{stem}_{what}.csv"))
    }

    fn keep_inputs(&self, masks: &[(Option<i32>, PathBuf)], overlays: &[(String, PathBuf)]) -> Result<(), Failure> {
        make_folder(parent(&self.output))?;
        let beside = ["transitions", "enclaves", "overlay"].map(|what| self.beside(what));
        let outputs = beside.iter().chain([&self.output]).map(PathBuf::as_path);
        let inputs =
            self.census_cells.iter().chain(masks.iter().map(|(_, p)| p)).chain(overlays.iter().map(|(_, p)| p));
        Ok(keep_inputs(outputs, inputs.map(PathBuf::as_path))?)
    }

    fn presence(&self, lattice: CellLattice) -> Presence {
        let square_km = (lattice.side_m() / 1000.0).powi(2);
        let default = if self.census_cells.is_some() { 0.0 } else { square_km };
        let observed_share = if self.census_cells.is_some() { 1.0 } else { self.observed_share };
        Presence { present_ha: self.present_ha.unwrap_or(default), observed_share }
    }

    fn cell_options(&self, lattice: CellLattice, presence: Presence) -> CellOptions {
        CellOptions {
            id_field: self.id_field.clone(),
            year_columns: self.year_columns.clone(),
            present_ha: presence.present_ha,
            blank_is_zero: self.blank_is_zero,
            crs: self.crs.clone(),
            lattice,
        }
    }

    fn tally(&self, masks: Vec<(Option<i32>, PathBuf)>, rule: &CellRule, output: Output) -> Result<CellFile, Failure> {
        let mut notes = Vec::new();
        let mut rasters = Vec::new();
        for (year, path) in masks {
            let mut raster = ClassRaster::open(&path)?;
            if let (Some(told), Some(own)) = (year, raster.year)
                && told != own
            {
                notes.push(format!("{}: taken as of {told}, though the raster itself says {own}", path.display()));
            }
            raster.year = year.or(raster.year);
            if raster.year.is_none() {
                return Err(Failure::Usage(format!(
                    "{}: the raster has no year; write --mask YEAR=RASTER",
                    path.display()
                )));
            }
            rasters.push(raster);
        }
        let mosaics = group_rasters(rasters, None)?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        Ok(CellFile { cells: tally_cells(&threads, &mosaics, rule)?, notes })
    }

    fn layer(
        &self,
        cells: &Cells,
        summary: &Summary,
        cluster_of: &[Option<usize>],
        notes: &mut Vec<String>,
    ) -> Result<Vec<Staged>, Failure> {
        let (bytes, shown) = permanence_geojson(cells, summary, cluster_of)?;
        let left = cells.count() - shown;
        if left > 0 {
            notes.push(format!("{left} cells without coca in the window are not in {}", self.output.display()));
        }
        Ok(vec![Staged::bytes(&self.output, &bytes)?])
    }

    fn raster(
        &self,
        cells: &Cells,
        summary: &Summary,
        lattice: CellLattice,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Staged>, Failure> {
        let (staged, hidden) = stage_raster(&self.output, cells, summary, lattice)?;
        if hidden > 0 {
            let path: &Path = &self.output;
            notes.push(format!("{hidden} cells hold no middle of a pixel of {} and do not show in it", path.display()));
        }
        Ok(staged)
    }
}

/// What must be known to read the table.
fn remarks(cells: &Cells, summary: &Summary, from_masks: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let missing: Vec<String> =
        (summary.from..=summary.year).filter(|y| !cells.years().contains(y)).map(|y| y.to_string()).collect();
    if !missing.is_empty() {
        let missing = missing.join(", ");
        notes
            .push(format!("no figures for {missing}: not observed, so cells whose class hangs on it are undetermined"));
    }
    if from_masks && summary.standings.iter().all(|standing| standing.first_year.is_none()) {
        notes.push("no mask shows coca in any cell: if that cannot be, see --class (the value of coca)".to_owned());
    }
    if from_masks {
        notes.push("hectares are mapped, and a map errs both ways: no error is known here (cocal assess estimates areas with theirs)".to_owned());
    }
    notes
}

/// Hectares by overlay and class.
fn overlay_rows(
    given: &[(String, PathBuf)],
    cells: &Cells,
    summary: &Summary,
    notes: &mut Vec<String>,
) -> Result<Vec<OverlayRow>, Failure> {
    if given.is_empty() {
        return Ok(Vec::new());
    }
    let mut overlays = Overlays::default();
    for (name, path) in given {
        let (grounds, repaired) = read_overlay(path)?;
        notes.extend(repaired);
        overlays.add(name.clone(), &grounds);
    }
    let rows = overlays.share(cells, summary);
    for (name, path) in given {
        if rows.iter().filter(|r| r.overlay == *name).all(|r| r.ground_ha.is_zero()) {
            let path = path.display();
            notes.push(format!(
                "{path}: '{name}' has no ground of its own in any cell: it lies apart, or in layers given before it"
            ));
        }
    }
    notes.push(
        "a cell partly inside a layer gives it that part of its hectares: coca is taken as spread evenly over the cell"
            .to_owned(),
    );
    Ok(rows)
}
