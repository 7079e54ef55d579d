//! The scenes of a project on its grid, read window by window; each thread keeps its own open files.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::faults::{Guard, Look, OnError};
use super::plan::{PlanError, YearPlan, plan_footprints};
use crate::io::loss::Loss;
use crate::io::scene::SceneError;
use crate::io::scene_reader::{SceneReader, Spare};
use crate::scene::source::Scene;
use crate::scene::{Band, Grid, RawTile, Tile, Window};

/// Files that one thread keeps open, unless a single scene has more: systems allow some 1,000 to a process.
const MOST_FILES: usize = 96;

/// The scenes, the grid that they are read on, and the bands that are read.
pub struct Imagery<'a> {
    /// The scenes.
    pub scenes: &'a [Scene],
    /// The project's grid.
    pub grid: &'a Grid,
    /// Bands, in the order of every tile.
    pub bands: Vec<Band>,
    /// The window of the grid that each scene can touch; `None` for one beside the grid.
    footprints: Vec<Option<Window>>,
    on_error: OnError,
    guard: Option<&'a Guard>,
}

impl<'a> Imagery<'a> {
    /// Scenes on a grid.
    ///
    /// # Errors
    /// A scene whose outline cannot be brought into the grid's CRS.
    pub fn new(scenes: &'a [Scene], grid: &'a Grid, bands: Vec<Band>) -> Result<Self, PlanError> {
        let footprints = plan_footprints(scenes, grid)?;
        Ok(Self { scenes, grid, bands, footprints, on_error: OnError::Stop, guard: None })
    }

    /// The same, with what is done where an input fails, and files that are guarded while they are read.
    pub fn guarded(mut self, on_error: OnError, guard: &'a Guard) -> Self {
        (self.on_error, self.guard) = (on_error, Some(guard));
        self
    }

    /// What is done where an input fails.
    pub fn on_error(&self) -> OnError {
        self.on_error
    }

    /// Looks at the files of scenes before they are read for the first time, also at those on a server.
    ///
    /// # Errors
    /// [`SceneError::Changed`] of the first that is not what it was.
    pub fn look_before(&self, scenes: &[usize]) -> Result<(), SceneError> {
        self.guard.map_or(Ok(()), |guard| guard.look_before(scenes))
    }

    /// Looks at the files of scenes that were just read.
    ///
    /// # Errors
    /// [`SceneError::Changed`] of the first that is not what it was.
    pub fn look(&self, scenes: &[usize]) -> Result<Look, SceneError> {
        let Some(guard) = self.guard else { return Ok(Look::Same) };
        let looks = scenes.iter().map(|scene| guard.look(*scene)).collect::<Result<Vec<_>, _>>()?;
        Ok(if looks.contains(&Look::Touched) { Look::Touched } else { Look::Same })
    }

    /// What a thread keeps from window to window.
    pub fn readers(&self) -> Readers<'_> {
        Readers { imagery: self, open: BTreeMap::new(), clock: 0, spare: Spare::default(), lost: BTreeSet::new() }
    }

    /// Number of scenes of a year that can meet in one place: all of them, or the most of 16 x 16 places of the grid.
    pub fn most_scenes_at_once(&self, year: &YearPlan) -> usize {
        let places = (0..16).flat_map(|r| (0..16).map(move |c| (r, c))).map(|(r, c)| {
            let (row0, col0) = (r * self.grid.rows / 16, c * self.grid.cols / 16);
            Window { row0, col0, rows: self.grid.rows.div_ceil(16), cols: self.grid.cols.div_ceil(16) }
        });
        places.map(|place| self.scenes_at(year, &place).len()).max().unwrap_or(0)
    }

    /// Numbers of the scenes of a year that can touch a window, in the year's order.
    pub fn scenes_at(&self, year: &YearPlan, window: &Window) -> Vec<usize> {
        let meets = |f: &Window| {
            f.row0 < window.row_end()
                && window.row0 < f.row_end()
                && f.col0 < window.col_end()
                && window.col0 < f.col_end()
        };
        year.scenes.iter().copied().filter(|s| self.footprints[*s].as_ref().is_some_and(meets)).collect()
    }
}

/// Open scenes of one thread.
pub struct Readers<'a> {
    imagery: &'a Imagery<'a>,
    open: BTreeMap<usize, (u64, SceneReader)>,
    clock: u64,
    spare: Spare,
    lost: BTreeSet<Loss>,
}

impl Readers<'_> {
    /// The tiles of these scenes on a window.
    ///
    /// # Errors
    /// [`SceneError`] naming the file, band and window.
    pub fn tiles(&mut self, scenes: &[usize], window: Window) -> Result<Vec<Tile>, SceneError> {
        scenes.iter().map(|scene| self.reader(*scene)?.read(window)).collect()
    }

    /// The tiles of these scenes on a window as they are in the files, with their states so far around as `around` reaches.
    ///
    /// # Errors
    /// [`SceneError`] naming the file, band and window.
    pub fn raw(&mut self, scenes: &[usize], window: Window, around: Window) -> Result<Vec<RawTile>, SceneError> {
        let mut tiles = Vec::with_capacity(scenes.len());
        for scene in scenes {
            let reader = self.reader(*scene)?;
            let (tile, lost) = (reader.raw(window, around), reader.take_lost());
            self.lost.extend(lost);
            tiles.push(tile?);
        }
        Ok(tiles)
    }

    /// The blocks that could not be read since this was last asked.
    pub fn take_lost(&mut self) -> BTreeSet<Loss> {
        std::mem::take(&mut self.lost)
    }

    /// Closes scenes, so that they are opened anew when they are wanted.
    pub fn close(&mut self, scenes: &[usize]) {
        scenes.iter().for_each(|scene| drop(self.open.remove(scene)));
    }

    /// Takes tiles that are done with: the next ones are read into their memory.
    pub fn take_back(&self, tiles: Vec<RawTile>) {
        self.spare.keep(tiles);
    }

    /// The tiles of one scene on windows `(window, around)` that are neighbours: no block of theirs is decoded twice.
    ///
    /// # Errors
    /// [`SceneError`] naming the file, band and window.
    pub fn raw_of_neighbours(
        &mut self,
        scene: usize,
        windows: &[(Window, Window)],
    ) -> Result<Vec<RawTile>, SceneError> {
        self.reader(scene)?.raw_of_neighbours(windows)
    }

    /// Closes the scenes that were not used for the longest time until another one fits.
    fn make_room(&mut self, scene: usize) {
        let files = |number: &usize| self.imagery.scenes[*number].files.len();
        let mut held: usize = self.open.keys().map(files).sum();
        while held + files(&scene) > MOST_FILES {
            let Some(oldest) = self.open.iter().min_by_key(|(_, (used, _))| *used).map(|(number, _)| *number) else {
                return;
            };
            held -= files(&oldest);
            self.open.remove(&oldest);
        }
    }

    fn reader(&mut self, scene: usize) -> Result<&mut SceneReader, SceneError> {
        self.clock += 1;
        if !self.open.contains_key(&scene) {
            self.make_room(scene);
        }
        let (used, reader) = match self.open.entry(scene) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let imagery = self.imagery;
                let reader = SceneReader::open(&imagery.scenes[scene], imagery.grid, &imagery.bands)?;
                let reader = if imagery.on_error == OnError::Continue { reader.going_on() } else { reader };
                place.insert((self.clock, reader.sharing(&self.spare)))
            }
        };
        *used = self.clock;
        Ok(reader)
    }
}
