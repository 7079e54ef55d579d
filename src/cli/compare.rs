//! `cocal compare`: hectares beside census and eradication.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use geo::MultiPolygon;

use super::given::RecordFiles;
use super::table::{figure, table};
use super::{Failure, Output, print_json, print_line, print_notes};
use crate::compare::totals::Level;
use crate::compare::{CompareOptions, Comparison, ComparisonRow, TotalRow, compare};
use crate::io::atomic::{Staged, keep_inputs, make_folder, parent};
use crate::io::municipality_area::municipality_areas;
use crate::io::project_grounds::project_grounds;
use crate::io::read_given::read_given;
use crate::io::read_hectares::read_mapped_hectares;
use crate::io::read_municipalities::{LayerError, MunicipalityLayer, read_municipalities};
use crate::io::read_neighbours::{NeighboursError, neighbours_as_asked};
use crate::io::write_comparison::{
    comparison_cells, comparison_csv, comparison_geojson, sources_csv, total_cells, totals_csv,
};
use crate::scene::Crs;
use crate::territory::MunicipalityCode;

/// Hold hectares against the census and the eradication records.
///
/// Beside the output, `NAME_totals.csv` holds the totals per department and for the country, and `NAME_sources.csv` file,
/// edition and line of the records' figures of the municipalities compared.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  cocal compare --hectares hectares.csv --census census.csv --eradication eradication.csv -o comparison.csv"
)]
pub(super) struct Compare {
    /// Hectares per municipality, as `cocal hectares` and `cocal run` write them.
    ///
    /// From other tools: municipality_code, year and mapped_area_ha are needed.
    #[arg(long, value_name = "FILE.csv")]
    hectares: PathBuf,
    #[command(flatten)]
    records: RecordFiles,
    /// What was eradicated and what changed in municipalities that share a border: `auto` finds them in --municipalities.
    #[arg(long, value_name = "auto|PAIRS.csv")]
    boundaries_neighbours: Option<PathBuf>,
    /// Only these years [default: every year in the hectares].
    #[arg(long, value_name = "N", num_args = 1..)]
    year: Vec<i32>,
    /// Municipality polygons: the geometry of a .geojson output, and the areas that tell which municipalities reach beyond
    /// the rasters.
    #[arg(long, value_name = "VECTOR", requires = "code_field")]
    municipalities: Option<PathBuf>,
    /// Field that holds the DIVIPOLA code.
    #[arg(long, value_name = "NAME", requires = "municipalities")]
    code_field: Option<String>,
    /// Table (.csv) or map layer (.geojson) to write.
    #[arg(short, long, value_name = "FILE.csv|FILE.geojson")]
    output: PathBuf,
}

impl Compare {
    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        let format = Format::of(&self.output)?;
        if self.boundaries_neighbours.as_deref() == Some(Path::new("auto")) && self.municipalities.is_none() {
            return Err(Failure::Usage(NeighboursError::NoLayer.to_string()));
        }
        make_folder(parent(&self.output))?;
        let [totals, sources] = ["totals", "sources"].map(|name| beside_output(&self.output, name));
        let given = self.records.given();
        let inputs =
            given.paths().chain([&self.hectares]).chain(&self.municipalities).chain(&self.boundaries_neighbours);
        let outputs = [self.output.as_path(), totals.as_path(), sources.as_path()];
        keep_inputs(outputs, inputs.map(PathBuf::as_path))?;
        let only_year = <[i32; 1]>::try_from(self.year.as_slice()).ok().map(|[year]| year);
        let (mapped, hectares_notes) = read_mapped_hectares(&self.hectares, only_year)?;
        let mut records = read_given(&given)?;
        let layer = self.layer()?;
        if let Some(asked) = &self.boundaries_neighbours {
            let found = neighbours_as_asked(asked, layer.as_ref(), &mut records.notes)?;
            records.beside.neighbours = Some(found);
        }
        let options = CompareOptions {
            years: self.year.iter().copied().collect(),
            municipality_area_ha: layer.as_ref().map(municipality_areas).transpose()?,
            beside: std::mem::take(&mut records.beside),
        };
        let mut comparison = compare(&mapped, &records.census, &records.eradication, &options)?;
        records.beside = options.beside;
        comparison.notes.splice(0..0, hectares_notes.into_iter().chain(std::mem::take(&mut records.notes)));

        let bytes = match format {
            Format::Csv => comparison_csv(&comparison)?,
            Format::GeoJson => {
                let grounds = layer.as_ref().map(grounds_by_code).transpose()?;
                if grounds.is_none() {
                    comparison.notes.push(
                        "the features have no geometry: give --municipalities and --code-field for it".to_owned(),
                    );
                }
                comparison_geojson(&comparison, &grounds.unwrap_or_default())?
            }
        };
        let stand = sources_csv(&records.sources(used_by(&comparison)))?;
        let staged = [
            Staged::bytes(&self.output, &bytes)?,
            Staged::bytes(&totals, &totals_csv(&comparison)?)?,
            Staged::bytes(&sources, &stand)?,
        ];
        staged.into_iter().try_for_each(Staged::put)?;
        if output.json {
            print_json(&comparison)?;
        } else if !output.quiet {
            print_line(&comparison_table(&comparison));
        }
        print_notes(&comparison.notes, output);
        Ok(())
    }

    /// The municipality polygons, where they are given.
    fn layer(&self) -> Result<Option<MunicipalityLayer>, LayerError> {
        let (Some(path), Some(field)) = (&self.municipalities, &self.code_field) else { return Ok(None) };
        read_municipalities(path, field, None).map(Some)
    }
}

pub(super) fn grounds_by_code(
    layer: &MunicipalityLayer,
) -> Result<BTreeMap<MunicipalityCode, MultiPolygon<f64>>, LayerError> {
    let grounds = project_grounds(layer, &Crs::wgs84())?;
    Ok(layer.municipalities.iter().map(|m| m.code.clone()).zip(grounds).collect())
}

#[derive(Clone, Copy)]
enum Format {
    Csv,
    GeoJson,
}

impl Format {
    fn of(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase());
        match extension.as_deref() {
            Some("csv") => Ok(Self::Csv),
            Some("geojson" | "json") => Ok(Self::GeoJson),
            _ => Err(Failure::Usage(format!("{}: the output must end in .csv or .geojson", path.display()))),
        }
    }
}

/// `comparison_totals.csv` beside `comparison.csv`, for the name `totals`.
pub(super) fn beside_output(output: &Path, name: &str) -> PathBuf {
    let stem = output.file_stem().unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{stem}_{name}.csv"))
}

/// Whether a place's figure belongs to rows: of their years and the years before (the census of those is in them). Blank is the
/// country.
fn used_by(comparison: &Comparison) -> impl Fn(&str, i32) -> bool {
    let places: BTreeSet<(String, i32)> = comparison
        .rows
        .iter()
        .flat_map(|row| [row.year, row.year - 1].map(|year| (row.municipality_code.to_string(), year)))
        .chain(comparison.rows.iter().map(|row| (String::new(), row.year)))
        .collect();
    move |place, year| places.contains(&(place.to_owned(), year))
}

/// Rows of municipalities that the imagery meets, and totals, aligned: text left, figures right, blank where unknown.
pub(super) fn comparison_table(comparison: &Comparison) -> String {
    const HEADER: [&str; 12] = [
        "code",
        "municipality",
        "year",
        "mapped",
        "observed %",
        "census",
        "difference",
        "last census",
        "manual",
        "spraying",
        "gross gain",
        "flag",
    ];
    const OF_ROW: [usize; 12] = [0, 1, 2, 4, 5, 8, 9, 10, 11, 12, 15, 16];
    const OF_TOTAL: [usize; 12] = [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 14, 15];
    let shown: Vec<&ComparisonRow> = comparison.rows.iter().filter(|row| row.coverage_area_ha != Some(0.0)).collect();
    let of_row = |row: &ComparisonRow| {
        let cells = comparison_cells(row);
        OF_ROW.map(|i| cells[i].clone()).to_vec()
    };
    let of_total = |total: &TotalRow| {
        let cells = total_cells(total);
        OF_TOTAL.map(|i| cells[i].clone()).to_vec()
    };
    let holds_shown = |total: &&TotalRow| {
        let within = |row: &&ComparisonRow| row.municipality_code.as_str().starts_with(&total.place_code);
        total.level == Level::Country || shown.iter().any(|row| within(row) && row.year == total.year)
    };
    let mut lines: Vec<Vec<String>> = shown.iter().map(|row| of_row(row)).collect();
    lines.extend(comparison.totals.iter().filter(holds_shown).map(of_total));
    for line in &mut lines {
        for (i, cell) in line.iter_mut().enumerate().filter(|(i, _)| (3..11).contains(i)) {
            let scale = if i == 4 { 100.0 } else { 1.0 };
            *cell = figure(cell.parse::<f64>().ok().map(|v| scale * v), 1);
        }
    }
    let mut text = table(&HEADER, &lines, &[0, 1, 2, 11]);
    let beside = comparison.rows.len() - shown.len();
    if beside > 0 {
        text.push_str(&format!("\n{beside} more rows, of municipalities beside the imagery, are in the file only."));
    }
    text
}
