//! `cocal sample`: a random sample of a map, blinded for interpreters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::progress::Bars;
use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::accuracy::allocation::Allocation;
use crate::accuracy::drawn::Sample as DrawnSample;
use crate::area::cell_area::metres_per_unit;
use crate::compare::mapped::is_coca_name;
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::class_mosaic::{ClassMosaic, group_rasters};
use crate::io::class_raster::ClassRaster;
use crate::io::read_municipalities::read_municipalities;
use crate::io::training_overlap::training_polygons;
use crate::io::write_sample::{key_csv, sample_csv, sample_geojson, sample_gpkg, strata_csv};
use crate::run::draw_sample::{Drawing, draw_candidates};
use crate::run::sample::{Request, make_sample};
use crate::run::sample_zones::Zoning;
use crate::run::threads::Threads;

/// Draw a random sample of a map for interpreters to label: blinded, with its key apart.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The sample (-o) holds ids, places and an empty column 'reference', in random order: give it to interpreters. NAME_key.csv\nsays what each id is, NAME_strata.csv the ground of the strata; keep both for `cocal assess`.\n\nExample:\n  cocal sample --map out/mask/class_2024.tif --buffer 3 --n 500 --seed 7 -o sample.geojson"
)]
pub(super) struct Sample {
    /// Class rasters of one year, as `cocal run` writes them. Several are sampled as one map.
    #[arg(long, value_name = "CLASSES.tif", required = true, num_args = 1..)]
    map: Vec<PathBuf>,
    /// Municipality polygons: strata are then of one municipality each (see --strata), and every unit's is in the key.
    #[arg(long, value_name = "VECTOR", requires = "code_field")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    /// What strata are made of: map classes, or those by municipality or by square cell [default: municipality where
    /// municipalities are given, else class].
    #[arg(long, value_enum)]
    strata: Option<Strata>,
    /// Side of the cells of --strata grid, metres.
    #[arg(long, value_name = "METRES", default_value_t = 1000.0, value_parser = positive)]
    cell: f64,
    /// Stratified: a random sample of each stratum. Simple: one random sample of all.
    #[arg(long, value_enum, default_value = "stratified")]
    design: Design,
    /// How units are dealt among strata. Neyman: by weight and expected error.
    #[arg(long, value_enum, default_value = "neyman")]
    allocation: AllocationName,
    /// Observed pixels within so many pixels of mapped coca are a stratum of their own, against omission.
    #[arg(long, value_name = "PIXELS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=256))]
    buffer: u16,
    /// Polygons or points that are not to be sampled, with every pixel that they touch: the map's training ground.
    #[arg(long, value_name = "VECTOR")]
    exclude: Option<PathBuf>,
    /// Class that the buffer lies around, by name or value [default: names that begin with coca, else value 1].
    #[arg(long, value_name = "NAME|VALUE")]
    class: Option<String>,
    /// Sample units.
    #[arg(long, value_name = "N", required_unless_present = "target_se", conflicts_with = "target_se",
          value_parser = clap::value_parser!(u64).range(2..=10_000_000))]
    n: Option<u64>,
    /// As many units as this standard error of overall accuracy needs, such as 0.01.
    #[arg(long, value_name = "SE", value_parser = standard_error)]
    target_se: Option<f64>,
    /// Units of every stratum at least [default: 50, or a quarter of the sample over the strata, but never below 2].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(2..))]
    minimum: Option<u64>,
    /// Share of a class or stratum expected to be mapped right [default: 0.70 of coca, 0.85 of the buffer, 0.95 of the rest].
    #[arg(long, value_name = "NAME=SHARE", num_args = 1.., value_parser = expected)]
    expected: Vec<(String, f64)>,
    /// Seed: the same seed and map give the same sample.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Blinded sample to write (.geojson, .gpkg or .csv).
    #[arg(short, long, value_name = "SAMPLE")]
    output: PathBuf,
    /// Key to write [default: NAME_key.csv beside the sample].
    #[arg(long, value_name = "KEY.csv")]
    key: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Design {
    Stratified,
    Simple,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum Strata {
    Class,
    Municipality,
    Grid,
}

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
enum AllocationName {
    Neyman,
    Proportional,
    Equal,
}

pub(super) fn positive(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|v: &f64| v.is_finite() && *v > 0.0).ok_or_else(|| "a number above 0 is needed".to_owned())
}

fn standard_error(text: &str) -> Result<f64, String> {
    let error = positive(text)?;
    let rule = "a standard error of a share is needed, from 0.0005 to 0.5";
    if (0.0005..=0.5).contains(&error) { Ok(error) } else { Err(rule.to_owned()) }
}

fn expected(text: &str) -> Result<(String, f64), String> {
    let rule = || "NAME=SHARE is needed, with a share from 0 to 1, such as coca=0.7".to_owned();
    let (name, share) = text.rsplit_once('=').ok_or_else(rule)?;
    let share: f64 = share.trim().parse().map_err(|_| rule())?;
    if (0.0..=1.0).contains(&share) { Ok((name.trim().to_owned(), share)) } else { Err(rule()) }
}

/// Why the map cannot be sampled as it was called.
#[derive(Debug, thiserror::Error)]
enum SampleFailure {
    #[error("{first} is of {first_year}, {other} of {other_year}: sample one year's map at a time")]
    Years { first: PathBuf, first_year: i32, other: PathBuf, other_year: i32 },
    #[error("--class {class}: no class is called so; the map's classes are: {present}")]
    NoSuchClass { class: String, present: String },
    #[error("--buffer: no class is called coca, so there is nothing to lie around; name one with --class: {present}")]
    NoCoca { present: String },
}

/// Classes with their values.
fn listed(names: &BTreeMap<u8, String>) -> String {
    names.iter().map(|(code, name)| format!("{name} ({code})")).collect::<Vec<_>>().join(", ")
}

impl Sample {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let format = Format::of(&self.output)?;
        let strata_by = self.strata_by()?;
        let (key, strata) =
            (self.key.clone().unwrap_or_else(|| beside(&self.output, "key")), beside(&self.output, "strata"));
        let outputs = [&self.output, &key, &strata];
        for (i, path) in outputs.iter().enumerate() {
            if outputs[..i].contains(path) {
                return Err(Failure::Usage(format!("{} would be written twice; name --key otherwise", path.display())));
            }
            make_folder(parent(path))?;
        }
        let inputs = self.map.iter().chain(&self.municipalities).chain(&self.exclude);
        keep_inputs(outputs.map(PathBuf::as_path), inputs.map(PathBuf::as_path))?;
        let mosaics = self.open()?;
        let names: BTreeMap<u8, String> =
            mosaics.iter().flat_map(ClassMosaic::rasters).flat_map(|r| r.categories.iter().cloned()).collect();
        let layer = match (&self.municipalities, &self.code_field) {
            (Some(path), Some(field)) => Some(read_municipalities(path, field, None)?),
            _ => None,
        };
        let side = mosaics.first().map_or(1.0, |m| self.cell / (m.grid.pixel_width * metres_per_unit(&m.grid.crs)));
        let zoning = match (&layer, strata_by) {
            (_, Strata::Grid) => Zoning::Cells((side.round() as usize).max(1)),
            (Some(layer), _) => Zoning::Municipalities(layer),
            (None, _) => Zoning::None,
        };
        let drawing = Drawing {
            seed: self.seed,
            most: self.most(),
            buffer: usize::from(self.buffer),
            targets: self.targets(&names)?,
            zoning,
            excluded: match &self.exclude {
                Some(path) => mosaics.iter().map(|m| training_polygons(path, &m.grid.crs)).collect::<Result<_, _>>()?,
                None => Vec::new(),
            },
            by_zone: strata_by != Strata::Class,
            simple: self.design == Design::Simple,
        };
        let threads = Threads::start(output.threads.map(usize::from))?;
        let bars = Bars::new(output);
        let seen = draw_candidates(&threads, &mosaics, &drawing, &|progress| bars.tell(progress));
        bars.finish();
        let mut sample = make_sample(&mosaics, &drawing, &seen?, &self.request(names))?;
        sample.notes.splice(0..0, layer.iter().flat_map(|layer| layer.notes.iter().cloned()));
        let blinded = match format {
            Format::Csv => Staged::bytes(&self.output, &sample_csv(&sample)?)?,
            Format::GeoJson => Staged::bytes(&self.output, &sample_geojson(&sample))?,
            Format::Gpkg => sample_gpkg(&self.output, &sample)?,
        };
        let staged =
            [Staged::bytes(&strata, &strata_csv(&sample)?)?, Staged::bytes(&key, &key_csv(&sample)?)?, blinded];
        staged.into_iter().try_for_each(Staged::put)?;
        print_notes(&sample.notes, output);
        if output.json {
            print_json(&sample)?;
        } else if !output.quiet {
            print_line(&sample_text(&sample));
            print_line(&format!(
                "\n{} is for interpreters; {} and {} stay with you until it is labelled.",
                self.output.display(),
                key.display(),
                strata.display()
            ));
        }
        Ok(())
    }

    /// The rasters as mosaics of one year.
    fn open(&self) -> Result<Vec<ClassMosaic>, Failure> {
        let rasters = self.map.iter().map(|path| ClassRaster::open(path)).collect::<Result<Vec<_>, _>>()?;
        let dated: Vec<(&Path, i32)> = rasters.iter().filter_map(|r| Some((r.path.as_path(), r.year?))).collect();
        if let Some((first, (other, other_year))) = dated.first().zip(dated.iter().find(|(_, y)| *y != dated[0].1)) {
            let (first, other) = (first.0.to_owned(), other.to_path_buf());
            return Err(SampleFailure::Years { first, first_year: dated[0].1, other, other_year: *other_year }.into());
        }
        let year = dated.first().map(|(_, year)| *year);
        Ok(group_rasters(rasters, year)?)
    }

    fn strata_by(&self) -> Result<Strata, Failure> {
        let given = self.municipalities.is_some();
        match self.strata {
            Some(Strata::Municipality) if !given => {
                Err(Failure::Usage("--strata municipality needs --municipalities and --code-field".to_owned()))
            }
            Some(Strata::Grid) if given => Err(Failure::Usage(
                "--strata grid and --municipalities do not go together: a cell may lie in several".to_owned(),
            )),
            Some(strata) => Ok(strata),
            None if given && self.design == Design::Stratified => Ok(Strata::Municipality),
            None => Ok(Strata::Class),
        }
    }

    /// Candidates that a stratum may need: as many as the sample has, at most.
    fn most(&self) -> usize {
        let largest = self.target_se.map_or(0.0, |se| (0.25 / (se * se)).ceil());
        self.n.unwrap_or(largest as u64 + 1).max(self.minimum.unwrap_or(2)) as usize
    }

    /// The classes that the buffer lies around.
    fn targets(&self, names: &BTreeMap<u8, String>) -> Result<Vec<u8>, SampleFailure> {
        let Some(class) = &self.class else {
            let named: Vec<u8> = names.iter().filter(|(_, name)| is_coca_name(name)).map(|(code, _)| *code).collect();
            return match (names.is_empty(), named.is_empty(), self.buffer) {
                (true, ..) => Ok(vec![1]),
                (false, true, 1..) => Err(SampleFailure::NoCoca { present: listed(names) }),
                _ => Ok(named),
            };
        };
        let by_name = names.iter().find(|(_, name)| *name == class).map(|(code, _)| *code);
        by_name
            .or_else(|| class.parse().ok().filter(|code| names.is_empty() || names.contains_key(code)))
            .map(|c| vec![c])
            .ok_or_else(|| SampleFailure::NoSuchClass { class: class.clone(), present: listed(names) })
    }

    fn request(&self, names: BTreeMap<u8, String>) -> Request {
        Request {
            n: self.n,
            target_se: self.target_se.unwrap_or(0.01),
            allocation: match self.allocation {
                AllocationName::Neyman => Allocation::Neyman,
                AllocationName::Proportional => Allocation::Proportional,
                AllocationName::Equal => Allocation::Equal,
            },
            minimum: self.minimum,
            expected: self.expected.iter().cloned().collect(),
            class_is_told: self.class.is_some() || !names.is_empty(),
            names,
        }
    }
}

enum Format {
    Csv,
    GeoJson,
    Gpkg,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Failure> {
        match path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "geojson" | "json" => Ok(Self::GeoJson),
            "gpkg" => Ok(Self::Gpkg),
            _ => Err(Failure::Usage(format!("-o {}: the name must end in .geojson, .gpkg or .csv", path.display()))),
        }
    }
}

/// `sample_key.csv` beside `sample.geojson`.
fn beside(path: &Path, what: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}_{what}.csv"))
}

fn sample_text(sample: &DrawnSample) -> String {
    let row = |s: &crate::accuracy::drawn::DrawnStratum| {
        vec![
            s.stratum.clone(),
            figure(Some(s.area_ha), 1),
            figure(Some(100.0 * s.weight), 3),
            figure(Some(s.units as f64), 0),
            figure(Some(s.expected_accuracy), 2),
            s.n.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = sample.strata.iter().map(row).collect();
    format!(
        "{}\n\n{} units; if strata are mapped right as expected, overall accuracy will have a standard error of {:.4}.",
        table(&["stratum", "hectares", "weight %", "pixels", "expected", "units"], &rows, &[0]),
        sample.units.len(),
        sample.expected_se
    )
}
