//! What is to be done: which scenes make which year, on which grid, in which windows.

use serde::{Deserialize, Serialize};

use crate::io::crs::{CrsError, Transform, crs_from_text};
use crate::project::{GridChoice, Project, ProjectError};
use crate::scene::source::Scene;
use crate::scene::{Grid, Window};

/// Scenes that do not fit together, or not into the project.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Two scenes lie on different lattices and no grid was named.
    #[error(
        "scenes {first} ({first_grid}) and {second} ({second_grid}) do not lie on one grid; name the grid to map on: \
         [grid] crs = \"...\" and resolution = ... in the project file, and they will be resampled to it"
    )]
    Grids {
        /// A scene.
        first: String,
        /// Its CRS and pixel size.
        first_grid: String,
        /// Another.
        second: String,
        /// Its CRS and pixel size.
        second_grid: String,
    },
    /// The project has no scene.
    #[error("the project has no scene: name rasters or product folders in [[scenes]] path")]
    NoScene,
    /// A scene has no date, so no census year can claim it.
    #[error("scene {0} has no date in its metadata or file name; give `date = YYYY-MM-DD` in its [[scenes]] entry")]
    NoDate(String),
    /// No scene falls into a census year.
    #[error("no scene falls into census year {year} ({window_days} days up to {cutoff}); the scenes are of: {dates}")]
    EmptyYear {
        /// The year.
        year: i16,
        /// Length of the window.
        window_days: i32,
        /// Its last day.
        cutoff: String,
        /// Dates of all scenes.
        dates: String,
    },
    /// Scenes of one year differ in bands.
    #[error(
        "scenes {first} and {second} have different bands: {only} in only one of them; both must have the same, or name the ones to use: [classifier] bands = [...]"
    )]
    Bands {
        /// A scene.
        first: String,
        /// Another.
        second: String,
        /// Bands that only one has.
        only: String,
    },
    /// A scene lacks a band that the project file names.
    #[error("[classifier] bands names '{band}', which {scene} does not have; it has: {present}")]
    NoBand {
        /// The scene.
        scene: String,
        /// The band.
        band: String,
        /// The bands that it has.
        present: String,
    },
    /// Two sensors in one project.
    #[error(
        "scenes {first} (read as '{first_sensor}') and {second} ('{second_sensor}') are of different sensors, whose reflectances are not comparable; use one sensor in a project, or give `sensor` in their [[scenes]] entries where it was guessed wrongly"
    )]
    Sensors {
        /// A scene.
        first: String,
        /// Its sensor.
        first_sensor: String,
        /// Another.
        second: String,
        /// Its sensor.
        second_sensor: String,
    },
    /// One file in two entries.
    #[error(
        "scene {0} is there twice and would count as two observations; make the patterns of [[scenes]] fit it once"
    )]
    Twice(String),
    /// Scenes of one sensor differ in scale.
    #[error(
        "scenes {first} (scale {first_scale}: {first_reason}) and {second} (scale {second_scale}: {second_reason}) of one sensor disagree in scale; set scale and offset in their [[scenes]] entries"
    )]
    Scale {
        /// A scene.
        first: String,
        /// Its scale.
        first_scale: f64,
        /// Why.
        first_reason: String,
        /// Another.
        second: String,
        /// Its scale.
        second_scale: f64,
        /// Why.
        second_reason: String,
    },
    /// The grid is too large or empty.
    #[error("the grid would have {rows} rows and {cols} columns; check [grid] resolution")]
    Size {
        /// Rows.
        rows: f64,
        /// Columns.
        cols: f64,
    },
    /// The minimum mapping unit needs a halo wider than memory allows.
    #[error(
        "minimum_mapping_unit_ha = {unit_ha} is {pixels} pixels of this grid, more than the {most} that a window can look around; use a smaller unit or a coarser [grid] resolution"
    )]
    Unit {
        /// The unit.
        unit_ha: f64,
        /// The same in pixels.
        pixels: usize,
        /// The most.
        most: usize,
    },
    /// A reference system.
    #[error(transparent)]
    Crs(#[from] CrsError),
    /// The project file.
    #[error(transparent)]
    Project(#[from] ProjectError),
}

/// The scenes of one census year, by their numbers in the list of scenes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct YearPlan {
    /// Census year.
    pub year: i16,
    /// Numbers of its scenes, in order of their dates.
    pub scenes: Vec<usize>,
}

/// Assigns scenes to census years.
///
/// # Errors
/// A scene without a date, or a year without a scene.
pub fn plan_years(project: &Project, scenes: &[Scene]) -> Result<Vec<YearPlan>, PlanError> {
    let dates =
        scenes.iter().map(|s| s.date.ok_or_else(|| PlanError::NoDate(name(s)))).collect::<Result<Vec<_>, _>>()?;
    let mut census = project.years.census.clone();
    if census.is_empty() {
        census = dates.iter().map(|d| d.year()).collect();
    }
    census.sort_unstable();
    census.dedup();
    let mut plans = Vec::new();
    for year in census {
        let mut members = Vec::new();
        for (number, date) in dates.iter().enumerate() {
            if project.years.holds(year, *date)? {
                members.push(number);
            }
        }
        if members.is_empty() {
            return Err(PlanError::EmptyYear {
                year,
                window_days: project.years.window_days,
                cutoff: project.years.cutoff_date(year)?.to_string(),
                dates: dates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            });
        }
        members.sort_by(|a, b| (dates[*a], &scenes[*a].id).cmp(&(dates[*b], &scenes[*b].id)));
        plans.push(YearPlan { year, scenes: members });
    }
    Ok(plans)
}

/// What a scene is called in errors: what was opened.
pub(super) fn name(scene: &Scene) -> String {
    scene.path.display().to_string()
}

/// The grid to map on: the union of the scenes on their common lattice, or on the grid that the project names.
///
/// # Errors
/// Scenes on different lattices without a named grid; a grid of no sensible size.
pub fn plan_grid(scenes: &[Scene], choice: Option<&GridChoice>) -> Result<Option<Grid>, PlanError> {
    let Some(first) = scenes.first() else { return Ok(None) };
    let lattice = match choice {
        Some(choice) => named_lattice(choice)?,
        None => {
            if let Some(other) = scenes.iter().find(|s| first.grid.lattice_offset(&s.grid).is_none()) {
                let describe = |g: &Grid| format!("{}, {} x {}", g.crs.label(), g.pixel_width, g.pixel_height);
                return Err(PlanError::Grids {
                    first: name(first),
                    first_grid: describe(&first.grid),
                    second: name(other),
                    second_grid: describe(&other.grid),
                });
            }
            first.grid.clone()
        }
    };
    // Bounds in pixels of the lattice: [left, top, right, bottom].
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for scene in scenes {
        let (xs, ys) = outline(&scene.grid, &lattice)?;
        for (x, y) in xs.into_iter().zip(ys) {
            let (col, row) = lattice.col_row(x, y);
            bounds = [bounds[0].min(col), bounds[1].min(row), bounds[2].max(col), bounds[3].max(row)];
        }
    }
    // A hair inside a pixel line is on it: origins are whole to 1e-3 pixel only.
    let (left, top) = ((bounds[0] + 1e-3).floor(), (bounds[1] + 1e-3).floor());
    let (cols, rows) = ((bounds[2] - 1e-3).ceil() - left, (bounds[3] - 1e-3).ceil() - top);
    if !(1.0..=4e6).contains(&rows) || !(1.0..=4e6).contains(&cols) {
        return Err(PlanError::Size { rows, cols });
    }
    let (origin_x, origin_y) = lattice.xy(left, top);
    Ok(Some(Grid { origin_x, origin_y, rows: rows as usize, cols: cols as usize, ..lattice }))
}

/// Pixel lines of a named grid are whole multiples of the resolution.
fn named_lattice(choice: &GridChoice) -> Result<Grid, PlanError> {
    Ok(Grid {
        crs: crs_from_text(&choice.crs)?,
        origin_x: 0.0,
        origin_y: 0.0,
        pixel_width: choice.resolution,
        pixel_height: choice.resolution,
        rows: 1,
        cols: 1,
    })
}

/// Points along the border of a grid (every 1/32 of a side: a side is curved in another CRS), in the CRS of `lattice`.
fn outline(grid: &Grid, lattice: &Grid) -> Result<(Vec<f64>, Vec<f64>), PlanError> {
    let (rows, cols) = (grid.rows as f64, grid.cols as f64);
    let (mut xs, mut ys) = (Vec::new(), Vec::new());
    for i in 0..=32 {
        let part = f64::from(i) / 32.0;
        for (col, row) in [(part * cols, 0.0), (part * cols, rows), (0.0, part * rows), (cols, part * rows)] {
            let (x, y) = grid.xy(col, row);
            xs.push(x);
            ys.push(y);
        }
    }
    Transform::new(&grid.crs, &lattice.crs)?.apply(&mut xs, &mut ys)?;
    Ok((xs, ys))
}

/// The window of `grid` that each scene can touch, a pixel wide of the mark; `None` for a scene beside it.
///
/// # Errors
/// A scene whose outline cannot be brought into the grid's CRS.
pub fn plan_footprints(scenes: &[Scene], grid: &Grid) -> Result<Vec<Option<Window>>, PlanError> {
    let footprint = |scene: &Scene| {
        let (xs, ys) = outline(&scene.grid, grid)?;
        Ok(window_around(grid, xs.into_iter().zip(ys), 1))
    };
    scenes.iter().map(footprint).collect()
}

/// The window of `grid` around some points, widened by `margin` pixels; `None` when it lies beside the grid.
pub fn window_around(grid: &Grid, points: impl Iterator<Item = (f64, f64)>, margin: usize) -> Option<Window> {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for (x, y) in points {
        let (col, row) = grid.col_row(x, y);
        bounds = [bounds[0].min(col), bounds[1].min(row), bounds[2].max(col), bounds[3].max(row)];
    }
    let margin = margin as f64;
    // `as` cuts at 0, and a NaN becomes 0: an empty window.
    let (col0, row0) = ((bounds[0].floor() - margin) as usize, (bounds[1].floor() - margin) as usize);
    let col_end = ((bounds[2].ceil() + margin) as usize).min(grid.cols);
    let row_end = ((bounds[3].ceil() + margin) as usize).min(grid.rows);
    (col0 < col_end && row0 < row_end).then(|| Window { row0, col0, rows: row_end - row0, cols: col_end - col0 })
}
