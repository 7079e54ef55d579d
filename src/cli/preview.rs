//! `cocal preview`: imagery, masks and runs as pictures.

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, Output, print_json, print_line, print_notes};
use crate::run::preview::{Preview as Made, PreviewOptions, is_run_folder, preview};
use crate::run::threads::Threads;
use crate::territory::CellLattice;

/// Most pixels to a side.
const LARGEST: u16 = 4096;

/// How the picture is to be read.
const AFTER: &str = "\
What is drawn:
  imagery   a colour composite (near infrared, red, green where the scene has them: vegetation is red); of
            each band the 2nd percentile of the clear pixels is black and the 98th white
  a mask or class raster in its own colours; a probability or a count from dark blue to yellow
  OUTDIR    of each tile the clearest scene of the census year, the year's coca over it in yellow
  --cell    hectares of coca for each square kilometre of a cell, in four classes from yellow to dark blue:
            0.1, 1, 4, 8 and more. A cell of which less than half was observed is hatched

What was not seen is never black: no data is transparent, cloud and shadow are light grey, and ground that no
scene of the year shows (or, of a single scene, cloud and shadow) is hatched in grey.

A picture has no georeference, date or name in it, on purpose. One that shows a mask by its pixels is a working
picture: single lots can be read from it. Only one made with --cell may be passed on.

Examples:
  cocal preview S2B_MSIL2A_20240812T152639.SAFE -o scene.png
  cocal preview tile.tif --bands red,green,blue --percentile 1,99 -o tile.png
  cocal preview out --year 2023 --cell 1km -o cells.png";

/// Draw a raster, or a run's imagery with its mask, as a PNG picture.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(super) struct Preview {
    /// A raster, a product folder, or the folder of a run.
    #[arg(value_name = "RASTER|OUTDIR")]
    path: PathBuf,
    /// Three bands for red, green and blue, or one for grey: names or 1-based numbers as `cocal inspect` shows them.
    #[arg(long, value_name = "nir,red,green", value_delimiter = ',')]
    bands: Vec<String>,
    /// Census year, for OUTDIR [default: the latest].
    #[arg(long, value_name = "Y")]
    year: Option<i32>,
    /// Pixels of the longest side, at most; a smaller raster is not enlarged.
    #[arg(long, value_name = "PIXELS", default_value_t = 1024, value_parser = clap::value_parser!(u16).range(1..=i64::from(LARGEST)))]
    size: u16,
    /// A mask to lay over imagery.
    #[arg(long, value_name = "MASK.tif")]
    mask: Option<PathBuf>,
    /// Percentiles of the clear pixels that become black and white.
    #[arg(long, value_name = "LOW,HIGH", default_value = "2,98", value_parser = percentiles)]
    percentile: (f64, f64),
    /// Draw cells of this side instead of the mask's pixels: whole kilometres, such as 1km.
    #[arg(long, value_name = "1km", value_parser = cell)]
    cell: Option<CellLattice>,
    /// Read the scene as this sensor: sentinel-2-l2a, landsat-c2-l2, landsat-l1, stack or drone.
    #[arg(long, value_name = "NAME")]
    sensor: Option<String>,
    /// The picture.
    #[arg(short, long, value_name = "picture.png")]
    output: PathBuf,
}

fn cell(text: &str) -> Result<CellLattice, String> {
    CellLattice::parse(text).map_err(|e| e.to_string())
}

/// `2,98` as two percentiles in their order.
fn percentiles(text: &str) -> Result<(f64, f64), String> {
    let wrong = || format!("'{text}' is not two percentiles from 0 to 100 in their order, such as 2,98");
    let (low, high) = text.split_once(',').ok_or_else(wrong)?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|v| (0.0..=100.0).contains(v)).ok_or_else(wrong);
    let both = (number(low)?, number(high)?);
    if both.0 < both.1 { Ok(both) } else { Err(wrong()) }
}

impl Preview {
    /// Options that do not go together.
    fn check(&self) -> Result<(), Failure> {
        let usage = |message: String| Err(Failure::Usage(message));
        if !self.output.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")) {
            return usage(format!("-o {}: a picture's name ends in .png", self.output.display()));
        }
        if !matches!(self.bands.len(), 0 | 1 | 3) {
            return usage(format!("--bands names {} bands; give three (red, green, blue) or one", self.bands.len()));
        }
        let is_run = is_run_folder(&self.path);
        if self.year.is_some() && !is_run {
            return usage(format!("--year is for the folder of a run, and {} has no run.json", self.path.display()));
        }
        if self.sensor.is_some() && is_run {
            return usage("--sensor is for a raster; a run's record knows its sensors".to_owned());
        }
        Ok(())
    }

    pub(super) fn run(self, output: Output) -> Result<(), Failure> {
        self.check()?;
        let threads = Threads::start(output.threads.map(usize::from))?;
        let options = PreviewOptions {
            bands: self.bands,
            year: self.year,
            size: usize::from(self.size),
            mask: self.mask,
            percentiles: self.percentile,
            cell: self.cell,
            sensor: self.sensor,
        };
        let made = preview(&threads, &self.path, &options)?;
        made.write(&self.output)?;
        print_notes(&made.notes, output);
        let (rows, cols) = made.picture.dim();
        if output.json {
            return print_json(&json!({
                "picture": self.output,
                "rows": rows,
                "columns": cols,
                "year": made.year,
                "scenes": made.scenes,
                "bands": made.bands,
                "black_and_white": made.stretches.iter().map(|s| [s.low, s.high]).collect::<Vec<_>>(),
                "notes": made.notes,
            }));
        }
        if !output.quiet {
            print_line(&format!("{}: {cols} x {rows} pixels{}", self.output.display(), shown(&made)));
        }
        Ok(())
    }
}

/// What the picture shows, in words.
fn shown(made: &Made) -> String {
    let mut text = made.year.map(|year| format!(", {year}")).unwrap_or_default();
    if !made.scenes.is_empty() {
        text.push_str(&format!(", of {}", made.scenes.join(", ")));
    }
    for (band, stretch) in made.bands.iter().zip(&made.stretches) {
        text.push_str(&format!("\n  {:<10} {:.4} is black, {:.4} is white", band.name(), stretch.low, stretch.high));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_two_in_order() {
        assert_eq!(percentiles("2, 98"), Ok((2.0, 98.0)));
        for wrong in ["2", "98,2", "5,5", "-1,50", "2,101", "a,b", "NaN,3", ""] {
            assert!(percentiles(wrong).is_err(), "{wrong}");
        }
    }
}
